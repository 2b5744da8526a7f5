package io.yokedcache.jcache.internal.codec.value;

import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.serial.BigEndian;
import io.yokedcache.jcache.internal.codec.serial.ScanLimits;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.stream.Stream;

/** The forms of the classes, except {@code String}, whose values differ in length. */
final class SizedForms {

  private SizedForms() {}

  static Stream<PlainForm<?>> all() {
    return Stream.of(new ByteArray(), new Whole(), new Decimal());
  }

  private static byte[] sized(char tag, byte[] content, SerializationSettings limits) {
    byte[] bytes = Sized.allocate(tag, content.length, limits.maxBytes());
    System.arraycopy(content, 0, bytes, bytes.length - content.length, content.length);
    return bytes;
  }

  /**
   * Reading, hashing and comparing a number takes linear time, but its text takes quadratic time.
   */
  private static void checkNumber(int sizeBytes) {
    if (sizeBytes > ScanLimits.MAX_NUMBER_BYTES) {
      throw ScanLimits.longNumber(sizeBytes, ScanLimits.MAX_NUMBER_BYTES);
    }
  }

  private static byte[] bytesOf(BigInteger value) {
    byte[] bytes = value.toByteArray();
    checkNumber(bytes.length);
    return bytes;
  }

  private static BigInteger wholeNumber(byte[] bytes, int start) {
    if (start >= bytes.length) {
      throw PlainForms.damaged(bytes, "the number is missing", /* cause= */ null);
    }
    checkNumber(bytes.length - start);
    return new BigInteger(bytes, start, bytes.length - start);
  }

  /** Writes the bytes unchanged. */
  private record ByteArray() implements PlainForm<byte[]> {

    @Override
    public String tags() {
      return "b";
    }

    @Override
    public Class<byte[]> type() {
      return byte[].class;
    }

    @Override
    public byte[] encode(byte[] value, SerializationSettings limits) {
      checkLength(value.length, limits);
      return sized('b', value, limits);
    }

    @Override
    public byte[] decode(byte[] bytes, SerializationSettings limits) {
      int start = Sized.start(bytes);
      checkLength(bytes.length - start, limits);
      return Arrays.copyOfRange(bytes, start, bytes.length);
    }

    /** The limit applies in both directions: a value that cannot be read must not be written. */
    private static void checkLength(int length, SerializationSettings limits) {
      if (length > limits.maxArrayLength()) {
        ScanLimits.of(limits).checkArray(length);
      }
    }
  }

  /** The two's complement. */
  private record Whole() implements PlainForm<BigInteger> {

    @Override
    public String tags() {
      return "G";
    }

    @Override
    public Class<BigInteger> type() {
      return BigInteger.class;
    }

    @Override
    public byte[] encode(BigInteger value, SerializationSettings limits) {
      return sized('G', bytesOf(value), limits);
    }

    @Override
    public BigInteger decode(byte[] bytes, SerializationSettings limits) {
      return wholeNumber(bytes, Sized.start(bytes));
    }
  }

  /** The scale and the two's complement of the unscaled value. */
  private record Decimal() implements PlainForm<BigDecimal> {

    @Override
    public String tags() {
      return "M";
    }

    @Override
    public Class<BigDecimal> type() {
      return BigDecimal.class;
    }

    @Override
    public byte[] encode(BigDecimal value, SerializationSettings limits) {
      byte[] unscaled = bytesOf(value.unscaledValue());
      byte[] bytes = Sized.allocate('M', Integer.BYTES + unscaled.length, limits.maxBytes());
      int start = bytes.length - unscaled.length;
      BigEndian.put(bytes, start - Integer.BYTES, value.scale());
      System.arraycopy(unscaled, 0, bytes, start, unscaled.length);
      return bytes;
    }

    @Override
    public BigDecimal decode(byte[] bytes, SerializationSettings limits) {
      int start = Sized.start(bytes) + Integer.BYTES;
      BigInteger unscaled = wholeNumber(bytes, start);
      return new BigDecimal(unscaled, BigEndian.intAt(bytes, start - Integer.BYTES));
    }
  }
}
