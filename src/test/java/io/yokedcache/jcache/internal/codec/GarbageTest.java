package io.yokedcache.jcache.internal.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.internal.codec.key.CanonicalKeyCodec;
import io.yokedcache.jcache.internal.codec.key.KeySamples;
import io.yokedcache.jcache.internal.codec.serial.JavaCodec;
import io.yokedcache.jcache.internal.codec.serial.JavaCodecTest;
import io.yokedcache.jcache.internal.codec.value.AutoCodec;
import io.yokedcache.jcache.internal.codec.value.PlainSamples;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Damaged bytes: a codec answers with a CodecException or with an object, never with another. */
final class GarbageTest {

  private static final int MUTATIONS = 400;
  private static final int RANDOM_INPUTS = 20_000;

  private final Random random = new Random(42);

  @Test
  void java_damaged_isACodecException() {
    JavaCodec<Object> codec =
        TestSettings.java(TestSettings.limits(100, 10_000, 1_000_000, 100_000), Samples.class);
    List<Object> values = new ArrayList<>(JavaCodecTest.jdkValues());
    values.add(List.of(new Samples.Base(1), new Samples.Positive(2), Samples.nested(20)));
    values.add(new Samples.OrderId(7, "z", Samples.Color.RED, values, new TreeSet<>(List.of("t"))));
    assertThat(refusals(codec, values)).isGreaterThan(values.size() * MUTATIONS / 4);
  }

  @Test
  void auto_damaged_isACodecException() {
    AutoCodec<Object> codec =
        TestSettings.auto(TestSettings.limits(100, 10_000, 1_000_000, 100_000), Samples.class);
    List<Object> values = new ArrayList<>(JavaCodecTest.jdkValues());
    values.addAll(PlainSamples.all());
    assertThat(refusals(codec, values)).isGreaterThan(values.size() * MUTATIONS / 4);
  }

  @Test
  void canonical_damaged_isACodecException() {
    CanonicalKeyCodec<Object> codec =
        TestSettings.canonical(TestSettings.limits(100, 10_000, 1_000_000, 100_000), Samples.class);
    List<Object> values = new ArrayList<>(KeySamples.all());
    values.add(new Samples.Custom("java"));
    assertThat(refusals(codec, values)).isGreaterThan(values.size() * MUTATIONS / 4);
  }

  @Test
  void decode_deepNesting_isACodecException() {
    byte[] nested = new byte[0];
    for (int i = 0; i < 5_000; i++) {
      byte[] prefix = ("#l" + nested.length + ":").getBytes(UTF_8);
      byte[] outer = Arrays.copyOf(prefix, prefix.length + nested.length);
      System.arraycopy(nested, 0, outer, prefix.length, nested.length);
      nested = outer;
    }
    for (long maxDepth : new long[] {100, Long.MAX_VALUE}) {
      CanonicalKeyCodec<Object> codec =
          TestSettings.canonical(TestSettings.limits(maxDepth, 10_000, 10_000, 1_000_000));
      isRefused(codec, nested);
    }
  }

  private int refusals(Codec<Object> codec, List<Object> values) {
    int refused = 0;
    for (Object value : values) {
      byte[] bytes = codec.encode(value);
      for (int length = 0; length < Math.min(bytes.length, MUTATIONS); length++) {
        refused += isRefused(codec, Arrays.copyOf(bytes, length)) ? 1 : 0;
      }
      for (int i = 0; i < MUTATIONS; i++) {
        refused += isRefused(codec, mutated(bytes)) ? 1 : 0;
      }
    }
    for (int i = 0; i < RANDOM_INPUTS; i++) {
      byte[] bytes = new byte[random.nextInt(64)];
      random.nextBytes(bytes);
      if (bytes.length > 1 && random.nextBoolean()) {
        bytes[0] = '#';
        bytes[1] = (byte) "EXNbAlsmeROJTLISBZCDFGMU".charAt(random.nextInt(24));
      }
      refused += isRefused(codec, bytes) ? 1 : 0;
    }
    return refused;
  }

  private byte[] mutated(byte[] bytes) {
    byte[] copy = bytes.clone();
    int changes = copy.length == 0 ? 0 : 1 + random.nextInt(3);
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(copy.length);
      copy[at] = random.nextBoolean() ? (byte) random.nextInt(256) : (byte) (copy[at] ^ 1);
    }
    return copy;
  }

  /** Lets everything but a CodecException pass, and thereby fail the test. */
  private static boolean isRefused(Codec<Object> codec, byte[] bytes) {
    try {
      assertThat(codec.decode(bytes)).isNotNull();
      return false;
    } catch (CodecException e) {
      assertThat(e.getMessage()).isNotBlank();
      return true;
    }
  }
}
