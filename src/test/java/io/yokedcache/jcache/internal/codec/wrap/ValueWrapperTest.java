package io.yokedcache.jcache.internal.codec.wrap;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import com.sun.management.ThreadMXBean;
import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.CodecException.Reason;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.settings.Settings.Compress.Algorithm;
import io.yokedcache.jcache.testing.KeysetFile;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What wrappers store is read back, and nothing else is. */
final class ValueWrapperTest {

  /** The number of mutated ciphertexts; a million in the long form. */
  private static final int MUTATIONS = Integer.getInteger("wrap.mutations", 20_000);

  private static final long MAX_BYTES = 1 << 20;
  private static final byte[] KEY = "key".getBytes(UTF_8);
  private static final byte[] TEXT = "a text of a value ".repeat(500).getBytes(UTF_8);

  private @TempDir Path directory;
  private KeysetFile keyset;

  @BeforeEach
  void createKeyset() {
    keyset = KeysetFile.create(directory.resolve("keyset.json"));
  }

  private static ValueWrapper compressing(long above, int level) {
    return new ValueWrappers("yc", MAX_BYTES)
        .of(
            "cache",
            new Settings.Compress(Algorithm.LZ4, above, level),
            new Settings.Encrypt(/* keyset= */ null));
  }

  private ValueWrapper encrypting(String namespace, String cacheName, Algorithm compression) {
    return new ValueWrappers(namespace, MAX_BYTES)
        .of(
            cacheName,
            new Settings.Compress(compression, /* above= */ 100, /* level= */ 0),
            new Settings.Encrypt(keyset.path()));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 9, 17})
  void compress_longText_shorterAndReadBack(int level) {
    ValueWrapper wrapper = compressing(1024, level);

    byte[] stored = wrapper.wrap(KEY, TEXT);

    assertThat(stored).hasSizeLessThan(TEXT.length / 10);
    assertThat(wrapper.unwrap(KEY, stored)).isEqualTo(TEXT);
    assertThat(wrapper.compressedValues()).isEqualTo(1);
    assertThat(wrapper.savedBytes()).isEqualTo(TEXT.length - stored.length);
  }

  @Test
  void compress_notAboveTheLimit_storedAsItIs() {
    ValueWrapper wrapper = compressing(TEXT.length, 0);

    byte[] stored = wrapper.wrap(KEY, TEXT);

    assertThat(Arrays.copyOfRange(stored, 1, stored.length)).isEqualTo(TEXT);
    assertThat(wrapper.unwrap(KEY, stored)).isEqualTo(TEXT);
    assertThat(wrapper.compressedValues()).isZero();
  }

  @Test
  void compress_randomBytes_storedAsTheyAre() {
    ValueWrapper wrapper = compressing(0, 0);
    Random random = new Random(7);
    for (int length = 0; length < 3_000; length += 37) {
      byte[] value = new byte[length];
      random.nextBytes(value);

      byte[] stored = wrapper.wrap(KEY, value);

      assertThat(stored).hasSize(length + 1);
      assertThat(wrapper.unwrap(KEY, stored)).isEqualTo(value);
    }
    assertThat(wrapper.compressedValues()).isZero();
    assertThat(wrapper.savedBytes()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {Integer.MAX_VALUE, (int) MAX_BYTES + 1})
  void decompress_declaresMoreThanTheLimit_refusedAtNoCost(int declared) {
    byte[] bomb = ByteBuffer.allocate(5000).put((byte) 1).putInt(declared).array();

    assertThat(refusal(compressing(0, 0), bomb, /* mayAllocate= */ 100_000))
        .isEqualTo(Reason.LIMIT);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, Integer.MIN_VALUE, 20 * 255 + 1, (int) MAX_BYTES})
  void decompress_declaresMoreThanTheBlockCanHave_refusedAtNoCost(int declared) {
    byte[] bomb = ByteBuffer.allocate(25).put((byte) 1).putInt(declared).array();

    assertThat(refusal(compressing(0, 0), bomb, /* mayAllocate= */ 100_000))
        .isEqualTo(Reason.DAMAGED_FRAME);
  }

  @Test
  void decompress_damagedFrames_refusedOrOfTheDeclaredLength() {
    ValueWrapper wrapper = compressing(0, 0);
    byte[] stored = wrapper.wrap(KEY, TEXT);
    Random random = new Random(11);
    for (int i = 0; i < MUTATIONS; i++) {
      byte[] damaged = mutated(stored, random);
      try {
        byte[] value = wrapper.unwrap(KEY, damaged);
        assertThat((long) value.length).isLessThanOrEqualTo(MAX_BYTES);
      } catch (CodecException e) {
        assertThat(e.reason()).isIn(Reason.DAMAGED_FRAME, Reason.LIMIT);
      }
    }
  }

  @Test
  void decompress_truncatedOrOfAnotherForm_refused() {
    ValueWrapper wrapper = compressing(0, 0);
    byte[] stored = wrapper.wrap(KEY, TEXT);
    for (int length = 0; length < stored.length; length++) {
      assertThat(refusal(wrapper, Arrays.copyOf(stored, length), Long.MAX_VALUE))
          .as("%d bytes", length)
          .isEqualTo(Reason.DAMAGED_FRAME);
    }
    stored[0] = 2;
    assertThat(refusal(wrapper, stored, Long.MAX_VALUE)).isEqualTo(Reason.DAMAGED_FRAME);
  }

  @ParameterizedTest
  @ValueSource(strings = {"NONE", "LZ4"})
  void decrypt_mutatedCiphertexts_noneAccepted(Algorithm compression) {
    ValueWrapper wrapper = encrypting("yc", "cache", compression);
    byte[] stored = wrapper.wrap(KEY, "value".repeat(50).getBytes(UTF_8));
    Random random = new Random(13);
    int refused = 0;
    for (int i = 0; i < MUTATIONS; i++) {
      Reason reason = refusal(wrapper, mutated(stored, random), Long.MAX_VALUE);
      if (reason == Reason.REFUSED_CIPHERTEXT || reason == Reason.UNKNOWN_KEY) {
        refused++;
      }
    }
    assertThat(refused).isEqualTo(MUTATIONS);
    assertThat(wrapper.unwrap(KEY, stored)).hasSize(250);
  }

  @Test
  void decrypt_elsewhere_refused() {
    byte[] stored = encrypting("yc", "cache", Algorithm.NONE).wrap(KEY, TEXT);

    assertThat(encrypting("yc", "cache", Algorithm.NONE).unwrap(KEY, stored)).isEqualTo(TEXT);
    assertThat(refusalOfKey(encrypting("yc", "cache", Algorithm.NONE), "other", stored))
        .isEqualTo(Reason.REFUSED_CIPHERTEXT);
    assertThat(refusalOfKey(encrypting("yc", "cachek", Algorithm.NONE), "ey", stored))
        .isEqualTo(Reason.REFUSED_CIPHERTEXT);
    assertThat(refusalOfKey(encrypting("other", "cache", Algorithm.NONE), "key", stored))
        .isEqualTo(Reason.REFUSED_CIPHERTEXT);
    assertThat(refusalOfKey(encrypting("ycc", "ache", Algorithm.NONE), "key", stored))
        .isEqualTo(Reason.REFUSED_CIPHERTEXT);
  }

  @Test
  void encrypt_sameValueTwice_differentBytesWithoutTheText() {
    ValueWrapper wrapper = encrypting("yc", "cache", Algorithm.NONE);

    byte[] first = wrapper.wrap(KEY, TEXT);

    assertThat(wrapper.wrap(KEY, TEXT)).isNotEqualTo(first);
    assertThat(new String(first, UTF_8)).doesNotContain("text");
  }

  @Test
  void rotate_oldKeyDecryptsUntilItIsRemoved() {
    ValueWrapper wrapper = encrypting("yc", "cache", Algorithm.LZ4);
    byte[] old = wrapper.wrap(KEY, TEXT);
    int oldId = keyset.primaryId();

    keyset.addPrimary();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> keyId(wrapper.wrap(KEY, TEXT)) == keyset.primaryId());
    assertThat(keyId(old)).isEqualTo(oldId);
    assertThat(wrapper.unwrap(KEY, old)).isEqualTo(TEXT);
    byte[] young = wrapper.wrap(KEY, TEXT);

    keyset.removeOldest();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> refusal(wrapper, old, Long.MAX_VALUE) == Reason.UNKNOWN_KEY);
    assertThat(wrapper.unwrap(KEY, young)).isEqualTo(TEXT);
  }

  @Test
  void rotate_fileIsBrokenForAWhile_lastKeysStayInUse() throws IOException {
    ValueWrapper wrapper = encrypting("yc", "cache", Algorithm.NONE);
    byte[] stored = wrapper.wrap(KEY, TEXT);
    Files.writeString(keyset.path(), "{");
    // The file is read again once in that time.
    await()
        .during(Duration.ofMillis(1_200))
        .atMost(Duration.ofSeconds(30))
        .until(() -> Arrays.equals(wrapper.unwrap(KEY, stored), TEXT));

    keyset.addPrimary();
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> keyId(wrapper.wrap(KEY, TEXT)) == keyset.primaryId());
  }

  @Test
  void keyset_missingOrWrong_namesSettingFileAndCure() throws IOException {
    Path file = keyset.path();
    Files.delete(file);
    assertThatThrownBy(() -> encrypting("yc", "orders", Algorithm.NONE))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("yokedcache.caches.orders.encrypt.keyset names " + file)
        .hasMessageContaining("cannot be read");

    for (String wrong :
        new String[] {"", "{", "{\"primaryKeyId\":1,\"key\":[]}", "secret", "[1,2]"}) {
      Files.writeString(file, wrong);
      assertThatThrownBy(() -> encrypting("yc", "orders", Algorithm.NONE))
          .isInstanceOf(CacheException.class)
          .hasMessageContaining("yokedcache.caches.orders.encrypt.keyset names " + file)
          .hasMessageContaining("tinkey create-keyset")
          .hasMessageNotContaining("secret")
          .hasNoCause();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {ValueWrappers.LZ4_ARTIFACT, ValueWrappers.TINK_ARTIFACT})
  void library_missing_namesSettingAndArtifact(String artifact) throws Exception {
    String jar = artifact.replaceFirst("[^:]*:", "").replace(':', '-') + ".jar";
    List<URL> others = new ArrayList<>();
    Pattern separator = Pattern.compile(File.pathSeparator, Pattern.LITERAL);
    for (String path : separator.splitAsStream(System.getProperty("java.class.path")).toList()) {
      if (!path.endsWith(jar)) {
        others.add(Path.of(path).toUri().toURL());
      }
    }
    try (URLClassLoader loader =
        new URLClassLoader(others.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
      Supplier<?> failure =
          (Supplier<?>)
              loader
                  .loadClass(FailureWithoutLibrary.class.getName())
                  .getDeclaredConstructor()
                  .newInstance();

      assertThat(String.valueOf(failure.get()))
          .contains("yokedcache.caches.orders.", artifact + " or later on the class path");
    }
  }

  /** Creates both wrappers in a class loader that lacks one of their libraries. */
  public static final class FailureWithoutLibrary implements Supplier<String> {

    /** Creates it, by reflection. */
    public FailureWithoutLibrary() {}

    @Override
    public String get() {
      try {
        var unused =
            new ValueWrappers("yc", MAX_BYTES)
                .of(
                    "orders",
                    new Settings.Compress(Algorithm.LZ4, /* above= */ 0, /* level= */ 0),
                    new Settings.Encrypt(Path.of("no-file")));
        return "nothing failed";
      } catch (CacheException e) {
        return String.valueOf(e.getMessage());
      }
    }
  }

  private static int keyId(byte[] ciphertext) {
    return ByteBuffer.wrap(ciphertext).getInt(1);
  }

  /** Returns other bytes: with changed bits, shorter, longer, or with parts at other places. */
  private static byte[] mutated(byte[] original, Random random) {
    while (true) {
      byte[] mutated =
          switch (random.nextInt(5)) {
            case 0 -> Arrays.copyOf(original, random.nextInt(original.length));
            case 1 -> Arrays.copyOf(original, original.length + 1 + random.nextInt(40));
            case 2 ->
                Arrays.copyOfRange(original, random.nextInt(original.length), original.length);
            default -> original.clone();
          };
      for (int i = random.nextInt(4); i >= 0 && mutated.length > 0; i--) {
        mutated[random.nextInt(mutated.length)] ^= (byte) (1 << random.nextInt(8));
      }
      if (!Arrays.equals(mutated, original)) {
        return mutated;
      }
    }
  }

  private static @Nullable Reason refusalOfKey(ValueWrapper wrapper, String key, byte[] stored) {
    CodecException refusal =
        catchThrowableOfType(
            CodecException.class, () -> wrapper.unwrap(key.getBytes(UTF_8), stored));
    return refusal == null ? null : refusal.reason();
  }

  /** The reason why bytes are refused, or null; what that allocates is bounded. */
  private static @Nullable Reason refusal(ValueWrapper wrapper, byte[] stored, long mayAllocate) {
    long before = allocatedBytes();
    try {
      var unused = wrapper.unwrap(KEY, stored);
      return null;
    } catch (CodecException e) {
      assertThat(allocatedBytes() - before).isLessThan(mayAllocate);
      return e.reason();
    }
  }

  private static long allocatedBytes() {
    return ((ThreadMXBean) ManagementFactory.getThreadMXBean())
        .getThreadAllocatedBytes(Thread.currentThread().getId());
  }
}
