package io.yokedcache.jcache.codec;

import java.io.Serial;

/**
 * Says that a class is not on the list of what may be deserialised. The name of the class is at
 * hand, so that a caller can warn once per class.
 */
public final class RefusedClassException extends CodecException {

  @Serial private static final long serialVersionUID = 1L;

  /** The binary name of the refused class. */
  private final String className;

  /**
   * Creates the exception for a class that the setting {@code yokedcache.serialization.allow} does
   * not name.
   *
   * @param className the binary name of the refused class
   */
  public RefusedClassException(String className) {
    this(
        className,
        "Class "
            + className
            + " may not be deserialised; allow it by yokedcache.serialization.allow += \""
            + className
            + "\"");
  }

  /**
   * Creates the exception for a class that something else refuses.
   *
   * @param className the binary name of the refused class
   * @param message who refuses it, and what to do
   */
  RefusedClassException(String className, String message) {
    super(message, null);
    this.className = className;
  }

  /**
   * The class that was refused.
   *
   * @return its binary name, such as {@code com.acme.Order$Line}
   */
  public String className() {
    return className;
  }
}
