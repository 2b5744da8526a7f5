package io.yokedcache.jcache.codec;

import java.io.Serial;
import java.util.Collection;
import java.util.List;

/**
 * Thrown when a value has classes that are not allowed to be deserialised. The exception names all
 * of them.
 */
public final class RefusedClassException extends CodecException {

  @Serial private static final long serialVersionUID = 1L;

  /** The binary names of the refused classes. */
  private final String[] classNames;

  /**
   * Creates the exception.
   *
   * @param classNames the binary names of the refused classes, at least one
   * @param message the reason and the cure
   */
  public RefusedClassException(Collection<String> classNames, String message) {
    super(Reason.REFUSED_CLASS, message, null);
    this.classNames = classNames.toArray(String[]::new);
  }

  /**
   * Returns the refused class, or the first of several.
   *
   * @return its binary name, such as {@code com.acme.Order$Line}
   */
  public String className() {
    return classNames[0];
  }

  /**
   * Returns all refused classes of the value.
   *
   * @return their binary names
   */
  public List<String> classNames() {
    return List.of(classNames);
  }
}
