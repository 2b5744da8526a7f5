package io.yokedcache.jcache.internal.codec.serial;

import io.yokedcache.jcache.codec.CodecException;
import java.io.ByteArrayOutputStream;

/** Collects the bytes of one value. Beyond the limit it only counts them for the message. */
public final class LimitedOutput extends ByteArrayOutputStream {

  private final long maxBytes;
  private long sizeBytes;

  public LimitedOutput(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  @Override
  public synchronized void write(int b) {
    if (fits(1)) {
      super.write(b);
    }
  }

  @Override
  public synchronized void write(byte[] bytes, int offset, int length) {
    if (fits(length)) {
      super.write(bytes, offset, length);
    }
  }

  private boolean fits(int more) {
    sizeBytes += more;
    if (sizeBytes <= maxBytes) {
      return true;
    }
    reset();
    return false;
  }

  @Override
  public synchronized byte[] toByteArray() {
    if (sizeBytes > maxBytes) {
      throw tooLong(sizeBytes, maxBytes);
    }
    return super.toByteArray();
  }

  public static CodecException tooLong(long sizeBytes, long maxBytes) {
    return new CodecException(
        CodecException.Reason.LIMIT,
        "A key or value is refused: it takes "
            + sizeBytes
            + " bytes; the limit is yokedcache.serialization.max-bytes = "
            + maxBytes,
        null);
  }
}
