package io.yokedcache.jcache.codec;

import java.io.Serial;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/** Says that an object could not be encoded, or bytes not be decoded, and what to do about it. */
public class CodecException extends CacheException {

  @Serial private static final long serialVersionUID = 1L;

  /** Why. */
  private final Reason reason;

  /** The kinds of reasons, by which caches count what they could not decode. */
  public enum Reason {
    /** An object of a class that may not be deserialised. */
    REFUSED_CLASS("refusedClass"),
    /** A limit of the setting {@code serialization}, in bytes, elements, objects or nesting. */
    LIMIT("limit"),
    /** A class that no class loader at hand knows. */
    UNKNOWN_CLASS("unknownClass"),
    /** A value of another type than the declared one. */
    WRONG_TYPE("wrongType"),
    /** Bytes that are damaged, were written by another codec, or that a class itself refused. */
    DAMAGED("damaged"),
    /** Memory or stack that ran out on the way. */
    RESOURCES("resources");

    private final String label;

    Reason(String label) {
      this.label = label;
    }

    /**
     * Returns the name under which it is counted.
     *
     * @return a name such as {@code refusedClass}
     */
    public String label() {
      return label;
    }
  }

  /**
   * Creates the exception for bytes that are damaged or an object that has no form.
   *
   * @param message what was wrong, and which setting mends it
   * @param cause what the codec met, or {@code null}
   */
  public CodecException(String message, @Nullable Throwable cause) {
    this(Reason.DAMAGED, message, cause);
  }

  /**
   * Creates the exception.
   *
   * @param reason the kind of reason
   * @param message what was wrong, and which setting mends it
   * @param cause what the codec met, or {@code null}
   */
  public CodecException(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /**
   * Returns why.
   *
   * @return the kind of reason
   */
  public Reason reason() {
    return reason;
  }
}
