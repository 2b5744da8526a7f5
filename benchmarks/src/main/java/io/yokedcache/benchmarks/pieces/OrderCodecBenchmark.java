package io.yokedcache.benchmarks.pieces;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.Codecs;
import java.io.IOException;
import java.io.Serializable;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.redisson.codec.Kryo5Codec;

/** Encoding and decoding of a record of ten fields, beside Redisson's Kryo. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class OrderCodecBenchmark {

  private static final SerializationSettings SETTINGS =
      new SerializationSettings(List.of(), List.of(), 64, 1_000_000, 1 << 24, 64 << 20);
  private static final Order ORDER =
      new Order(
          42,
          "a thing of some length",
          7,
          9.75,
          true,
          "customer-0001234",
          1_764_364_800_000L,
          new UUID(1_234_567, 99),
          List.of("red", "large", "new"),
          "Leave it at the door, please. Thanks!");

  /** The codec: two of this provider, and Redisson's default. */
  @Param({"auto", "json", "kryo"})
  public String codec = "";

  private Form form = new OfProvider("auto");
  private byte[] encoded = {};

  /** Made by JMH. */
  public OrderCodecBenchmark() {}

  /**
   * A value.
   *
   * @param id a number
   * @param name a text
   * @param count a number
   * @param price a number
   * @param paid a flag
   * @param customer a text
   * @param time a number
   * @param reference an id
   * @param tags texts
   * @param note a text
   */
  public record Order(
      long id,
      String name,
      int count,
      double price,
      boolean paid,
      String customer,
      long time,
      UUID reference,
      List<String> tags,
      String note)
      implements Serializable {}

  /** A codec of either product. */
  private interface Form {

    byte[] encode(Order order) throws IOException;

    Object decode(byte[] bytes) throws IOException;
  }

  private static final class OfProvider implements Form {

    private final Codec<Order> codec;

    OfProvider(String name) {
      codec =
          new Codecs(OrderCodecBenchmark.class.getClassLoader(), SETTINGS).named(name, Order.class);
    }

    @Override
    public byte[] encode(Order order) {
      return codec.encode(order);
    }

    @Override
    public Object decode(byte[] bytes) {
      return codec.decode(bytes);
    }
  }

  private record OfRedisson(org.redisson.client.codec.Codec codec) implements Form {

    @Override
    public byte[] encode(Order order) throws IOException {
      ByteBuf buffer = codec.getValueEncoder().encode(order);
      byte[] bytes = new byte[buffer.readableBytes()];
      buffer.readBytes(bytes);
      buffer.release();
      return bytes;
    }

    @Override
    public Object decode(byte[] bytes) throws IOException {
      return codec.getValueDecoder().decode(Unpooled.wrappedBuffer(bytes), null);
    }
  }

  /** Makes the codec. */
  @Setup
  public void prepare() throws IOException {
    form = codec.equals("kryo") ? new OfRedisson(new Kryo5Codec()) : new OfProvider(codec);
    encoded = form.encode(ORDER);
  }

  /** Of a put. */
  @Benchmark
  public byte[] encodeOrder() throws IOException {
    return form.encode(ORDER);
  }

  /** Of a get. */
  @Benchmark
  public Object decodeOrder() throws IOException {
    return form.decode(encoded);
  }
}
