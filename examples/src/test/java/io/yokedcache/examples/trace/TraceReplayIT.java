package io.yokedcache.examples.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.examples.Output;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

/** {@link TraceReplay} with traces made up here. */
final class TraceReplayIT {

  private static final int ACCESSES = 20_000;

  @TempDir private Path folder;

  @Test
  void run_compressed_isExact() throws Exception {
    Path file = folder.resolve("made-up.trace.xz");
    try (OutputStream out = new XZOutputStream(Files.newOutputStream(file), new LZMA2Options(1))) {
      write(out);
    }
    Output out = new Output();
    Output err = new Output();

    int exitCode = TraceReplay.run(new String[] {file.toString()}, out.stream, err.stream);

    assertThat(err.toString()).isEmpty();
    assertThat(exitCode).isZero();
    assertThat(out.toString())
        .contains("accesses        20,000 of 1,000 distinct keys")
        .contains("hits            19,000, hit rate 95.00 %")
        .contains("expected hits   19,000 = accesses - distinct keys: exact")
        .contains("wrong values    0")
        .contains("p99.9");
  }

  @Test
  void run_limitAndOptions() throws Exception {
    Path file = folder.resolve("made-up.trace");
    try (OutputStream out = Files.newOutputStream(file)) {
      write(out);
    }
    Output out = new Output();
    String[] args = {
      file.toString(),
      "--limit",
      "1000",
      "--threads",
      "2",
      "--value-size",
      "4",
      "--uri",
      "embedded:redis"
    };

    assertThat(TraceReplay.run(args, out.stream, out.stream)).isZero();
    assertThat(out.toString()).contains("accesses        1,000 of", ": exact");
  }

  @Test
  void run_truncated() throws Exception {
    Path file = Files.write(folder.resolve("cut"), new byte[4 * 1_000 + 3]);
    Output out = new Output();
    Output err = new Output();

    assertThat(TraceReplay.run(new String[] {file.toString()}, out.stream, err.stream))
        .isEqualTo(2);
    assertThat(err.toString()).contains("is truncated", "multiple of 4 bytes", "(3 left over)");
  }

  /** A thousand keys once each, and then again in random order. */
  private static void write(OutputStream out) throws IOException {
    DataOutputStream data = new DataOutputStream(out);
    Random random = new Random(1);
    for (int i = 0; i < ACCESSES; i++) {
      data.writeInt((i < 1_000 ? i : random.nextInt(1_000)) << 10);
    }
    data.flush();
  }
}
