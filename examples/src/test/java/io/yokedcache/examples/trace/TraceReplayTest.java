package io.yokedcache.examples.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.examples.Output;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@link TraceReplay} says before it needs a server. */
final class TraceReplayTest {

  @TempDir private Path folder;

  @Test
  void run_noFile() throws Exception {
    assertThat(failureOf()).startsWith("Which file?").contains("Usage: TraceReplay");
  }

  @Test
  void run_missingFile() throws Exception {
    Path file = folder.resolve("missing");

    assertThat(failureOf(file.toString()))
        .isEqualToIgnoringNewLines("No such file, or it cannot be read: " + file);
  }

  @Test
  void run_noXz() throws Exception {
    Path file = Files.writeString(folder.resolve("some.xz"), "this is no compressed file");

    assertThat(failureOf(file.toString())).contains(file + " cannot be read", "no .xz file");
  }

  @Test
  void run_wrongNumber() throws Exception {
    Path file = Files.write(folder.resolve("some"), new byte[4]);

    assertThat(failureOf(file.toString(), "--threads", "0"))
        .startsWith("--threads must be a whole number from 1 to 1024, not 0")
        .contains("Usage: TraceReplay");
  }

  private static String failureOf(String... args) throws InterruptedException {
    Output out = new Output();
    Output err = new Output();
    assertThat(TraceReplay.run(args, out.stream, err.stream)).isEqualTo(2);
    assertThat(out.toString()).isEmpty();
    return err.toString();
  }
}
