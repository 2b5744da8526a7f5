package io.yokedcache.jcache.codec;

import java.io.ByteArrayOutputStream;

/** Collects the bytes of one value and refuses to grow beyond the limit. */
final class LimitedOutput extends ByteArrayOutputStream {

  private final long maxBytes;

  LimitedOutput(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  @Override
  public synchronized void write(int b) {
    check(1);
    super.write(b);
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) {
    check(length);
    super.write(bytes, offset, length);
  }

  private void check(int more) {
    if ((long) count + more > maxBytes) {
      throw tooLong(maxBytes);
    }
  }

  static CodecException tooLong(long maxBytes) {
    return new CodecException(
        CodecException.Reason.LIMIT,
        "The value is refused: it takes more than "
            + maxBytes
            + " bytes; the limit is yokedcache.serialization.max-bytes",
        null);
  }
}
