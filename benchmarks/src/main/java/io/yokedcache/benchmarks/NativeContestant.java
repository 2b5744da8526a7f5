package io.yokedcache.benchmarks;

import io.yokedcache.benchmarks.contender.Servers;
import io.yokedcache.benchmarks.load.Cell;
import io.yokedcache.benchmarks.load.Slice;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The {@code redis-benchmark} that comes with Redis: what the server gives a client that does
 * nothing with the answers. It knows get and put alone, has a connection for each of its clients,
 * and is told how many requests to make, not for how long.
 */
final class NativeContestant implements Contestant {

  private static final String PROGRAM = "redis-benchmark";
  private static final int KEYS = 10_000;
  private static final long FIRST_REQUESTS = 5_000;

  /** Its clock counts milliseconds: it takes an infinite rate for what is done within one. */
  private static final long MIN_REQUESTS = 2_000;

  private static final long TIMEOUT_SECONDS = 60;

  private final Path program;
  private final List<String> connecting;
  private final List<String> cellArguments = new ArrayList<>();
  private double perSecond;

  private NativeContestant(Path program, Servers servers) {
    this.program = program;
    this.connecting = new ArrayList<>(List.of("-p", Integer.toString(servers.firstPort())));
    if (servers.cluster()) {
      connecting.add("--cluster");
    }
  }

  /** Finds the program on the {@code PATH}. */
  static Optional<NativeContestant> find(Servers servers) {
    String path = System.getenv("PATH");
    return Arrays.stream((path == null ? "" : path).split(File.pathSeparator, -1))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, PROGRAM))
        .filter(Files::isExecutable)
        .findFirst()
        .map(program -> new NativeContestant(program, servers));
  }

  @Override
  public String label() {
    return PROGRAM;
  }

  @Override
  public boolean prepare(Cell cell) throws ContestantException, InterruptedException {
    String test =
        switch (cell.workload()) {
          case GET -> "get";
          case PUT -> "set";
          default -> null;
        };
    if (test == null || cell.threading().virtual()) {
      return false;
    }
    cellArguments.clear();
    cellArguments.addAll(
        List.of("-c", Integer.toString(cell.threading().count()), "-r", Integer.toString(KEYS)));
    cellArguments.addAll(List.of("-d", Integer.toString(cell.valueBytes())));
    // Fills the keys that gets will read.
    perSecond = benchmark("set", FIRST_REQUESTS);
    cellArguments.addAll(List.of("-t", test));
    return true;
  }

  @Override
  public Slice run(long millis) throws ContestantException, InterruptedException {
    long wanted = Math.round(perSecond * millis / TimeUnit.SECONDS.toMillis(1));
    long requests = Math.max(MIN_REQUESTS, wanted);
    perSecond = benchmark(null, requests);
    return new Slice(requests, perSecond, /* cpuNanos= */ -1, /* wrong= */ 0, /* nanos= */ null);
  }

  /** Makes that many requests and returns how many it made in a second. */
  private double benchmark(@Nullable String test, long requests)
      throws ContestantException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(program.toString(), "--csv"));
    command.addAll(connecting);
    command.addAll(List.of("-n", Long.toString(requests)));
    command.addAll(cellArguments);
    if (test != null) {
      command.addAll(List.of("-t", test));
    }
    try {
      Path output = Files.createTempFile(PROGRAM, ".csv");
      try {
        Process process =
            new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
          process.destroyForcibly();
          throw new ContestantException(PROGRAM + " did not end in time", null);
        }
        return rate(Files.readString(output, StandardCharsets.UTF_8));
      } finally {
        Files.delete(output);
      }
    } catch (IOException e) {
      throw new ContestantException(PROGRAM + " failed: " + e, e);
    }
  }

  /** The second column of the last line, such as {@code "GET","12345.67","0.05"}. */
  static double rate(String csv) throws ContestantException {
    String[] lines = csv.strip().split("\n", -1);
    String[] columns = lines[lines.length - 1].split("\",\"", -1);
    try {
      return Double.parseDouble(columns[1]);
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw new ContestantException(PROGRAM + " printed " + csv, e);
    }
  }

  @Override
  public void close() {
    // Nothing runs between two slices.
  }
}
