package io.yokedcache.benchmarks.pieces;

import com.google.crypto.tink.InsecureSecretKeyAccess;
import com.google.crypto.tink.KeysetHandle;
import com.google.crypto.tink.TinkJsonProtoKeysetFormat;
import com.google.crypto.tink.aead.AeadConfig2026;
import com.google.crypto.tink.aead.PredefinedAeadParameters;
import io.yokedcache.jcache.internal.codec.wrap.ValueWrapper;
import io.yokedcache.jcache.internal.codec.wrap.ValueWrappers;
import io.yokedcache.jcache.internal.settings.Settings.Compress;
import io.yokedcache.jcache.internal.settings.Settings.Compress.Algorithm;
import io.yokedcache.jcache.internal.settings.Settings.Encrypt;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Compression and encryption of a value that is text, as of JSON. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class WrapperBenchmark {

  private static final byte[] KEY = "key:000000001234".getBytes(StandardCharsets.UTF_8);

  /** The length of the value. */
  @Param({"1024", "32768"})
  public int bytes;

  /** The wrappers of the cache. */
  @Param({"compress", "encrypt", "both"})
  public String wrappers = "";

  private Path keyset = Path.of("");
  private ValueWrapper wrapper = ValueWrapper.none();
  private byte[] value = {};
  private byte[] stored = {};

  /** Made by JMH. */
  public WrapperBenchmark() {}

  /** Makes a keyset and a value. */
  @Setup
  public void prepare() throws IOException, GeneralSecurityException {
    keyset = createKeyset();
    Algorithm algorithm = wrappers.equals("encrypt") ? Algorithm.NONE : Algorithm.LZ4;
    wrapper =
        new ValueWrappers("yc", /* maxBytes= */ 8 << 20)
            .of(
                "orders",
                new Compress(algorithm, /* above= */ 100, /* level= */ 0),
                new Encrypt(wrappers.equals("compress") ? null : keyset));
    value = text(bytes);
    stored = wrapper.wrap(KEY, value);
  }

  /** Deletes the keyset, which was read again each second. */
  @TearDown
  public void delete() throws IOException {
    Files.delete(keyset);
  }

  private static Path createKeyset() throws IOException, GeneralSecurityException {
    KeysetHandle keys =
        KeysetHandle.newBuilder()
            .addEntry(
                KeysetHandle.generateEntryFromParameters(PredefinedAeadParameters.AES256_GCM)
                    .withRandomId()
                    .makePrimary())
            .setConfiguration(AeadConfig2026.get())
            .build();
    Path file =
        Files.createTempFile(
            "keyset",
            ".json",
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.writeString(
        file,
        TinkJsonProtoKeysetFormat.serializeKeyset(
            keys, AeadConfig2026.get(), InsecureSecretKeyAccess.get()));
  }

  /** Items with random numbers, which become a third to a half by compression. */
  private static byte[] text(int length) {
    Random random = new Random(/* seed= */ 7);
    StringBuilder text = new StringBuilder("[");
    while (text.length() < length) {
      text.append("{\"id\":")
          .append(random.nextInt(1_000_000))
          .append(",\"name\":\"article-")
          .append(random.nextInt(1_000))
          .append("\",\"price\":")
          .append(random.nextInt(10_000) / 100.0)
          .append("},");
    }
    return text.substring(0, length).getBytes(StandardCharsets.UTF_8);
  }

  /** Of a put. */
  @Benchmark
  public byte[] wrap() {
    return wrapper.wrap(KEY, value);
  }

  /** Of a get. */
  @Benchmark
  public byte[] unwrap() {
    return wrapper.unwrap(KEY, stored);
  }
}
