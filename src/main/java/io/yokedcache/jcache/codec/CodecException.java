package io.yokedcache.jcache.codec;

import java.io.Serial;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/**
 * Thrown when an object cannot be encoded or bytes cannot be decoded. The message names the cause
 * and the cure.
 */
public class CodecException extends CacheException {

  @Serial private static final long serialVersionUID = 1L;

  /** Why. */
  private final Reason reason;

  /** The reason for a failure. Caches count failed decodings by reason. */
  public enum Reason {
    /** The class of an object is not allowed to be deserialised. */
    REFUSED_CLASS("refusedClass"),
    /**
     * A limit of the setting {@code serialization} is exceeded: bytes, elements, objects or
     * nesting.
     */
    LIMIT("limit"),
    /** No class loader finds the class. */
    UNKNOWN_CLASS("unknownClass"),
    /** The value does not have the declared type. */
    WRONG_TYPE("wrongType"),
    /** The bytes are damaged, were written by another codec, or were refused by the class. */
    DAMAGED("damaged"),
    /** The cache compresses values, and the compressed form is damaged. */
    DAMAGED_FRAME("damagedFrame"),
    /**
     * The cache encrypts values, and the bytes are no value that a holder of the keyset encrypted
     * for this key of this cache: they are damaged, changed, or copied from another entry.
     */
    REFUSED_CIPHERTEXT("refusedCiphertext"),
    /** The cache encrypts values, and the keyset does not have the key of this value. */
    UNKNOWN_KEY("unknownKey"),
    /** Memory or stack ran out. */
    RESOURCES("resources");

    private final String label;

    Reason(String label) {
      this.label = label;
    }

    /**
     * Returns the name under which failures of this reason are counted.
     *
     * @return a name such as {@code refusedClass}
     */
    public String label() {
      return label;
    }
  }

  /**
   * Creates the exception for damaged bytes, or for an object that cannot be encoded.
   *
   * @param message the failure and the setting that cures it
   * @param cause the cause, or {@code null}
   */
  public CodecException(String message, @Nullable Throwable cause) {
    this(Reason.DAMAGED, message, cause);
  }

  /**
   * Creates the exception.
   *
   * @param reason the reason for the failure
   * @param message the failure and the setting that cures it
   * @param cause the cause, or {@code null}
   */
  public CodecException(Reason reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /**
   * Returns the reason.
   *
   * @return the reason for the failure
   */
  public Reason reason() {
    return reason;
  }
}
