package io.yokedcache.jcache.codec;

import java.io.Serial;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/** Says that an object could not be encoded, or bytes not be decoded, and what to do about it. */
public class CodecException extends CacheException {

  @Serial private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message what was wrong, and which setting mends it
   * @param cause what the codec met, or {@code null}
   */
  public CodecException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
