package io.yokedcache.metrics.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.platform.commons.support.AnnotationSupport;

/** Decides whether a test that {@link NeedsPeer} marks can run here. */
final class PeerCondition implements ExecutionCondition {

  private static final String REQUIRED = "peers.required";

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    List<String> missing = new ArrayList<>();
    AnnotationSupport.findAnnotation(context.getElement(), NeedsPeer.class)
        .ifPresent(
            needs ->
                Arrays.stream(needs.value())
                    .filter(peer -> peer.find().isEmpty())
                    .forEach(peer -> missing.add(peer.howToGetIt())));
    if (missing.isEmpty()) {
      return ConditionEvaluationResult.enabled("all that it needs is here");
    }
    String reason = String.join(". ", missing);
    if (Boolean.getBoolean(REQUIRED)) {
      throw new IllegalStateException(
          reason + ". It must not be left out: -D" + REQUIRED + "=true");
    }
    System.out.println("LEFT OUT: " + name(context) + ". " + reason);
    return ConditionEvaluationResult.disabled(reason);
  }

  private static String name(ExtensionContext context) {
    String type = context.getRequiredTestClass().getSimpleName();
    return context.getTestMethod().map(method -> type + "." + method.getName()).orElse(type);
  }
}
