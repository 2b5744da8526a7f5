package io.yokedcache.benchmarks.load;

import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.concurrent.TimeUnit;
import java.util.zip.DataFormatException;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * What was measured while a load ran for a moment.
 *
 * @param operations how many were done
 * @param perSecond operations in a second of all threads together
 * @param cpuNanos processor time of the client's whole process, -1 if not known
 * @param wrong answers that were not right
 * @param nanos how long each operation took, or {@code null} if not known
 */
public record Slice(
    long operations, double perSecond, long cpuNanos, long wrong, @Nullable Histogram nanos) {

  private static final int FIELDS = 5;
  private static final long LOWEST_NANOS = 100;
  private static final long HIGHEST_NANOS = TimeUnit.SECONDS.toNanos(30);
  private static final int SIGNIFICANT_DIGITS = 3;

  /** A histogram that is exact to a tenth of a per cent, from 100 ns to half a minute. */
  static Histogram newHistogram() {
    return new Histogram(LOWEST_NANOS, HIGHEST_NANOS, SIGNIFICANT_DIGITS);
  }

  /** The text form, in one line. */
  public String encode() {
    String histogram = "-";
    if (nanos != null) {
      ByteBuffer buffer = ByteBuffer.allocate(nanos.getNeededByteBufferCapacity());
      int length = nanos.encodeIntoCompressedByteBuffer(buffer);
      byte[] bytes = new byte[length];
      buffer.get(0, bytes);
      histogram = Base64.getEncoder().encodeToString(bytes);
    }
    return operations + " " + perSecond + " " + cpuNanos + " " + wrong + " " + histogram;
  }

  /** Reads the text form. */
  public static Slice decode(String text) {
    String[] parts = text.split(" ", -1);
    if (parts.length != FIELDS) {
      throw new IllegalArgumentException("Not a slice: " + text);
    }
    return new Slice(
        Long.parseLong(parts[0]),
        Double.parseDouble(parts[1]),
        Long.parseLong(parts[2]),
        Long.parseLong(parts[3]),
        parts[4].equals("-") ? null : histogram(parts[4]));
  }

  private static Histogram histogram(String base64) {
    try {
      return Histogram.decodeFromCompressedByteBuffer(
          ByteBuffer.wrap(Base64.getDecoder().decode(base64)), LOWEST_NANOS);
    } catch (DataFormatException e) {
      throw new IllegalArgumentException("Not a histogram: " + e.getMessage(), e);
    }
  }
}
