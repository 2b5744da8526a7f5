package io.yokedcache.metrics.statsd;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A test against npm's {@code statsd}, which is left out, and says so, where the property {@code
 * statsd.home} does not say where that is; unless the property {@code peers.required} is true.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(NeedsStatsD.Condition.class)
@interface NeedsStatsD {

  /** Decides whether to run the test. */
  final class Condition implements ExecutionCondition {

    @Override
    public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
      if (StatsDDaemon.isGiven()) {
        return ConditionEvaluationResult.enabled("statsd.home is given");
      }
      if (Boolean.getBoolean("peers.required")) {
        // Run, to fail with the reason.
        return ConditionEvaluationResult.enabled("peers.required is true");
      }
      System.out.println(
          "LEFT OUT: " + context.getDisplayName() + ". " + StatsDDaemon.HOW_TO_GET_IT);
      return ConditionEvaluationResult.disabled(StatsDDaemon.HOW_TO_GET_IT);
    }
  }
}
