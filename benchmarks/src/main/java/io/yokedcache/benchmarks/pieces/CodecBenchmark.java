package io.yokedcache.benchmarks.pieces;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.Codecs;
import java.io.Serializable;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Encoding and decoding of keys and values by the codecs that are the default, and by others. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class CodecBenchmark {

  private static final SerializationSettings SETTINGS =
      new SerializationSettings(List.of(), List.of(), 64, 1_000_000, 1 << 24, 64 << 20);
  private static final Codecs CODECS = new Codecs(CodecBenchmark.class.getClassLoader(), SETTINGS);

  private final Codec<String> stringKey = CODECS.named("canonical", String.class);
  private final Codec<Long> longKey = CODECS.named("canonical", Long.class);
  private final Codec<String> javaString = CODECS.named("java", String.class);
  private final Codec<String> string = CODECS.named("string", String.class);
  private final Codec<byte[]> javaBytes = CODECS.named("java", byte[].class);
  private final Codec<byte[]> bytes = CODECS.named("bytes", byte[].class);
  private final Codec<Long> javaLong = CODECS.named("java", Long.class);
  private final Codec<Item> javaRecord = CODECS.named("java", Item.class);
  private final Codec<String> autoString = CODECS.named("auto", String.class);
  private final Codec<byte[]> autoBytes = CODECS.named("auto", byte[].class);
  private final Codec<Long> autoLong = CODECS.named("auto", Long.class);
  private final Codec<Item> autoRecord = CODECS.named("auto", Item.class);
  private final Codec<Object> autoObject = CODECS.named("auto", Object.class);

  private final String key = "key:000000001234";
  private final String text = "x".repeat(100);
  private final String wideText = "x".repeat(99) + '\u20AC';
  private final byte[] raw = new byte[100];
  private final Long number = 1234567890123L;
  private final Item item = new Item(42, "a thing", 9.75);

  private final byte[] javaStringBytes = javaString.encode(text);
  private final byte[] stringBytes = string.encode(text);
  private final byte[] javaBytesBytes = javaBytes.encode(raw);
  private final byte[] javaLongBytes = javaLong.encode(number);
  private final byte[] javaRecordBytes = javaRecord.encode(item);
  private final byte[] autoStringBytes = autoString.encode(text);
  private final byte[] autoWideBytes = autoString.encode(wideText);
  private final byte[] autoBytesBytes = autoBytes.encode(raw);
  private final byte[] autoLongBytes = autoLong.encode(number);
  private final byte[] autoRecordBytes = autoRecord.encode(item);

  /** Made by JMH. */
  public CodecBenchmark() {}

  /**
   * A small value.
   *
   * @param id a number
   * @param name a text
   * @param price another number
   */
  public record Item(long id, String name, double price) implements Serializable {}

  /** A key of 16 characters. */
  @Benchmark
  public byte[] keyString() {
    return stringKey.encode(key);
  }

  /** A boxed number as key. */
  @Benchmark
  public byte[] keyLong() {
    return longKey.encode(number);
  }

  /** 100 characters by Java serialisation. */
  @Benchmark
  public byte[] encodeStringJava() {
    return javaString.encode(text);
  }

  /** The way back. */
  @Benchmark
  public String decodeStringJava() {
    return javaString.decode(javaStringBytes);
  }

  /** 100 characters by the codec for strings. */
  @Benchmark
  public byte[] encodeStringString() {
    return string.encode(text);
  }

  /** The way back. */
  @Benchmark
  public String decodeStringString() {
    return string.decode(stringBytes);
  }

  /** 100 bytes by Java serialisation. */
  @Benchmark
  public byte[] encodeBytesJava() {
    return javaBytes.encode(raw);
  }

  /** The way back. */
  @Benchmark
  public byte[] decodeBytesJava() {
    return javaBytes.decode(javaBytesBytes);
  }

  /** 100 bytes by the codec for bytes. */
  @Benchmark
  public byte[] encodeBytesBytes() {
    return bytes.encode(raw);
  }

  /** The way back. */
  @Benchmark
  public byte[] decodeBytesBytes() {
    return bytes.decode(raw);
  }

  /** A boxed number by Java serialisation. */
  @Benchmark
  public byte[] encodeLongJava() {
    return javaLong.encode(number);
  }

  /** The way back. */
  @Benchmark
  public Long decodeLongJava() {
    return javaLong.decode(javaLongBytes);
  }

  /** A record by Java serialisation. */
  @Benchmark
  public byte[] encodeRecordJava() {
    return javaRecord.encode(item);
  }

  /** The way back. */
  @Benchmark
  public Item decodeRecordJava() {
    return javaRecord.decode(javaRecordBytes);
  }

  /** 100 characters by the default codec. */
  @Benchmark
  public byte[] encodeStringAuto() {
    return autoString.encode(text);
  }

  /** The way back. */
  @Benchmark
  public String decodeStringAuto() {
    return autoString.decode(autoStringBytes);
  }

  /** 100 characters, one of which is not Latin-1. */
  @Benchmark
  public byte[] encodeWideStringAuto() {
    return autoString.encode(wideText);
  }

  /** The way back. */
  @Benchmark
  public String decodeWideStringAuto() {
    return autoString.decode(autoWideBytes);
  }

  /** 100 bytes by the default codec. */
  @Benchmark
  public byte[] encodeBytesAuto() {
    return autoBytes.encode(raw);
  }

  /** The way back. */
  @Benchmark
  public byte[] decodeBytesAuto() {
    return autoBytes.decode(autoBytesBytes);
  }

  /** A boxed number by the default codec. */
  @Benchmark
  public byte[] encodeLongAuto() {
    return autoLong.encode(number);
  }

  /** The way back. */
  @Benchmark
  public Long decodeLongAuto() {
    return autoLong.decode(autoLongBytes);
  }

  /** A boxed number in a cache that is declared for Object. */
  @Benchmark
  public byte[] encodeLongAutoObject() {
    return autoObject.encode(number);
  }

  /** The way back. */
  @Benchmark
  public Object decodeLongAutoObject() {
    return autoObject.decode(autoLongBytes);
  }

  /** A record, which the default codec writes by its components. */
  @Benchmark
  public byte[] encodeRecordAuto() {
    return autoRecord.encode(item);
  }

  /** The way back. */
  @Benchmark
  public Item decodeRecordAuto() {
    return autoRecord.decode(autoRecordBytes);
  }
}
