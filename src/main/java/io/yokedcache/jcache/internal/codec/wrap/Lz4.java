package io.yokedcache.jcache.internal.codec.wrap;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.CodecException.Reason;
import java.nio.ByteBuffer;
import java.util.Arrays;
import net.jpountz.lz4.LZ4Compressor;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4Factory;
import net.jpountz.lz4.LZ4SafeDecompressor;
import org.jspecify.annotations.Nullable;

/**
 * Compresses values by LZ4; the only user of the library. A frame is a byte that names its form,
 * and the bytes of the value: as they are, or the length of the value in four bytes and one LZ4
 * block. Immutable, and safe for use by several threads.
 *
 * <p>It uses the library's code in Java and not its native code: bytes that another client wrote to
 * Redis then cannot reach memory outside of the arrays.
 */
final class Lz4 {

  private static final byte PLAIN = 0;
  private static final byte COMPRESSED = 1;
  private static final int HEADER_BYTES = 1 + Integer.BYTES;

  /** A byte of a block stands for at most 255 bytes of the value. */
  private static final long GREATEST_RATIO = 255;

  private final LZ4Compressor compressor;
  private final LZ4SafeDecompressor decompressor;
  private final long above;
  private final long maxBytes;

  /**
   * Loads the library.
   *
   * @param above values of up to that many bytes are not compressed
   * @param level 0 for the fastest compressor, 1 to 17 for the compressor with the higher ratio
   * @param maxBytes the longest value
   * @throws LinkageError if the library is not on the class path
   */
  Lz4(long above, int level, long maxBytes) {
    LZ4Factory library = LZ4Factory.safeInstance();
    this.compressor = level == 0 ? library.fastCompressor() : library.highCompressor(level);
    this.decompressor = library.safeDecompressor();
    this.above = above;
    this.maxBytes = maxBytes;
  }

  /** Returns the frame of a value: compressed if it is long enough and gets shorter. */
  byte[] compress(byte[] value) {
    if (value.length > above) {
      byte[] frame = new byte[HEADER_BYTES + compressor.maxCompressedLength(value.length)];
      int length = HEADER_BYTES + compressor.compress(value, 0, value.length, frame, HEADER_BYTES);
      if (length < value.length) {
        frame[0] = COMPRESSED;
        ByteBuffer.wrap(frame).putInt(1, value.length);
        return Arrays.copyOf(frame, length);
      }
    }
    byte[] frame = new byte[1 + value.length];
    frame[0] = PLAIN;
    System.arraycopy(value, 0, frame, 1, value.length);
    return frame;
  }

  static boolean isCompressed(byte[] frame) {
    return frame[0] == COMPRESSED;
  }

  /**
   * Returns the value of a frame. It allocates no more than the block can stand for.
   *
   * @throws CodecException if the frame is damaged or its value is too long
   */
  byte[] decompress(byte[] frame) {
    if (frame.length > 0 && frame[0] == PLAIN) {
      return Arrays.copyOfRange(frame, 1, frame.length);
    }
    if (frame.length < HEADER_BYTES || frame[0] != COMPRESSED) {
      throw damaged("it has no header of compressed values", null);
    }
    int length = ByteBuffer.wrap(frame).getInt(1);
    int blockBytes = frame.length - HEADER_BYTES;
    if (length > maxBytes) {
      throw new CodecException(
          Reason.LIMIT,
          "it says that it has "
              + length
              + " bytes when decompressed; the limit is yokedcache.serialization.max-bytes = "
              + maxBytes,
          /* cause= */ null);
    }
    if (length < 0 || length > blockBytes * GREATEST_RATIO) {
      throw damaged("its compressed form cannot have the length that it says", null);
    }
    byte[] value = new byte[length];
    try {
      int found = decompressor.decompress(frame, HEADER_BYTES, blockBytes, value, 0, length);
      if (found != length) {
        throw damaged("its compressed form does not have the length that it says", null);
      }
      return value;
    } catch (LZ4Exception e) {
      throw damaged("its compressed form is damaged", e);
    }
  }

  private static CodecException damaged(String how, @Nullable Exception e) {
    return new CodecException(
        Reason.DAMAGED_FRAME, how + ". Another client of Redis has written or changed it", e);
  }
}
