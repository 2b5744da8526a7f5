package io.yokedcache.jcache.codec;

import java.io.Serial;
import java.util.Collection;
import java.util.List;

/**
 * Classes are not on the list of what may be deserialised. The exception names all refused classes
 * of the value.
 */
public final class RefusedClassException extends CodecException {

  @Serial private static final long serialVersionUID = 1L;

  /** The binary names of the refused classes. */
  private final String[] classNames;

  /**
   * Creates the exception.
   *
   * @param classNames the binary names of the refused classes, at least one
   * @param message why they are refused, and what to do
   */
  public RefusedClassException(Collection<String> classNames, String message) {
    super(Reason.REFUSED_CLASS, message, null);
    this.classNames = classNames.toArray(String[]::new);
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
