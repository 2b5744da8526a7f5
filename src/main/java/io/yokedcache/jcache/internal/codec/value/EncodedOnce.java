package io.yokedcache.jcache.internal.codec.value;

import io.yokedcache.jcache.codec.Codec;
import org.jspecify.annotations.Nullable;

/**
 * An immutable value that remembers its encoded form, so that a value that was decoded or encoded
 * is not encoded again. It has no serialised state. Safe for use by several threads.
 */
public abstract class EncodedOnce {

  private @Nullable Form form;

  protected EncodedOnce() {}

  /**
   * An encoded form.
   *
   * @param codec the codec that made it, compared by identity
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Form(Codec<?> codec, byte[] bytes) {}

  /** Remembers the form by a codec, in place of another one. The bytes must not change. */
  public final void remember(Codec<?> codec, byte[] bytes) {
    form = new Form(codec, bytes);
  }

  /** Returns the form by this codec, or {@code null} if it is not known. */
  public final byte @Nullable [] form(Codec<?> codec) {
    Form known = form;
    return known != null && known.codec == codec ? known.bytes : null;
  }
}
