package io.yokedcache.jcache.internal.codec.serial;

import io.yokedcache.jcache.codec.RefusedClassException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Creates the messages for refused classes: the reason why a value cannot be stored or read back,
 * and the setting that allows it.
 */
final class RefusalMessages {

  /** The serialised form of lambdas; reading one runs a method of the application by its name. */
  static final String LAMBDA = "java.lang.invoke.SerializedLambda";

  static final String LAMBDA_ADVICE =
      "a lambda or method reference cannot be read back safely; store an object of a class or"
          + " record in its place";

  private RefusalMessages() {}

  static RefusedClassException onWrite(
      Object value, List<Class<?>> refused, List<String> allowed, boolean learns) {
    Set<String> names = new TreeSet<>();
    Set<String> proxied = new TreeSet<>();
    for (Class<?> type : refused) {
      if (Proxy.isProxyClass(type)) {
        for (Class<?> each : type.getInterfaces()) {
          proxied.add(each.getName());
        }
      } else {
        names.add(type.getName());
      }
    }
    List<String> reasons = new ArrayList<>();
    if (names.remove(LAMBDA)) {
      reasons.add(LAMBDA_ADVICE);
    }
    if (!proxied.isEmpty()) {
      reasons.add(
          "dynamic proxies are read back only if serialization.allow names each of their"
              + " interfaces: "
              + DisplayNames.of(proxied));
    }
    if (!names.isEmpty()) {
      reasons.add(
          "classes "
              + DisplayNames.of(names)
              + (learns
                  ? " are not learned from use, since reading them can run code or cost much"
                  : " are not allowed, and serialization.learn is off"));
    }
    Set<String> all = new TreeSet<>(names);
    all.addAll(proxied);
    String advice =
        all.isEmpty()
            ? ""
            : "; to allow them, put "
                + DisplayNames.allowLine(allowed, all)
                + " inside yokedcache { } of yokedcache.conf";
    return new RefusedClassException(
        refused.stream().map(Class::getName).distinct().sorted().toList(),
        "A "
            + DisplayNames.of(value.getClass().getName())
            + " is not stored, since it could not be read back: "
            + String.join("; ", reasons)
            + advice);
  }

  /** Creates the refusal for bytes that were read. */
  static RefusedClassException onRead(Collection<String> classNames, List<String> allowed) {
    String refused =
        (classNames.size() == 1 ? "Class " : "Classes ")
            + DisplayNames.of(classNames)
            + " may not be deserialised: ";
    String advice =
        classNames.contains(LAMBDA)
            ? LAMBDA_ADVICE
            : "this JVM has not put such an object into this cache, and the settings do not name it."
                + " If it is the application's, put "
                + DisplayNames.allowLine(allowed, classNames)
                + " inside yokedcache { } of yokedcache.conf";
    return new RefusedClassException(classNames, refused + advice);
  }
}
