package io.yokedcache.jcache.codec;

import java.io.Serial;
import java.util.Collection;
import java.util.List;

/**
 * Says that classes are not on the list of what may be deserialised. The names of all refused
 * classes of the value are at hand.
 */
public final class RefusedClassException extends CodecException {

  @Serial private static final long serialVersionUID = 1L;

  /** The binary names of the refused classes. */
  private final String[] classNames;

  /**
   * Creates the exception for a class that the setting {@code yokedcache.serialization.allow} does
   * not name.
   *
   * @param className the binary name of the refused class
   */
  public RefusedClassException(String className) {
    this(List.of(className), notAllowed(List.of(className), List.of()));
  }

  /**
   * Creates the exception for classes that something refuses.
   *
   * @param classNames the binary names of the refused classes
   * @param message who refuses them, and what to do
   */
  RefusedClassException(Collection<String> classNames, String message) {
    super(Reason.REFUSED_CLASS, message, null);
    this.classNames = classNames.toArray(String[]::new);
  }

  /** For bytes that were read. */
  static RefusedClassException onRead(Collection<String> classNames, List<String> allowed) {
    return new RefusedClassException(classNames, notAllowed(classNames, allowed));
  }

  private static String notAllowed(Collection<String> classNames, List<String> allowed) {
    String what =
        (classNames.size() == 1 ? "Class " : "Classes ")
            + ShownNames.of(classNames)
            + " may not be deserialised: ";
    if (classNames.contains(RefusedTypes.LAMBDA)) {
      return what + RefusedTypes.LAMBDA_ADVICE;
    }
    return what
        + "this JVM has not put such an object into this cache, and the settings do not name it."
        + " If it is the application's, put "
        + ShownNames.allowLine(allowed, classNames)
        + " inside yokedcache { } of yokedcache.conf";
  }

  /**
   * The class that was refused, or the first of several.
   *
   * @return its binary name, such as {@code com.acme.Order$Line}
   */
  public String className() {
    return classNames[0];
  }

  /**
   * All classes of the value that were refused.
   *
   * @return their binary names
   */
  public List<String> classNames() {
    return List.of(classNames);
  }
}
