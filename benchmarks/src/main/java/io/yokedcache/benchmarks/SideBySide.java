package io.yokedcache.benchmarks;

import static java.util.Objects.requireNonNull;

import io.yokedcache.benchmarks.contender.ContenderSpec;
import io.yokedcache.benchmarks.contender.ContenderSpec.Kind;
import io.yokedcache.benchmarks.contender.Servers;
import io.yokedcache.benchmarks.load.Cell;
import io.yokedcache.benchmarks.load.Threading;
import io.yokedcache.benchmarks.load.Trace;
import io.yokedcache.benchmarks.load.Workload;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * Measures JCache providers and plain clients on one private Redis or a private cluster, in one JVM
 * for each, in turns, and prints ratios. Exits with 0, with 1 if a contender failed or gave a wrong
 * answer, with 2 if the command line is wrong.
 */
@Command(
    name = "SideBySide",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Measures caches on a private Redis, each in its own JVM, in turns.",
      "The ratios are to the first contender, round by round."
    })
public final class SideBySide implements Callable<Integer> {

  private static final int QUICK_MILLIS = 10;
  private static final int QUICK_ROUNDS = 1;
  private static final int QUICK_KEYS = 200;
  private static final int MIN_KEYS = 100;
  private static final int MAX_KEYS = 1_000_000;
  private static final int MIN_BYTES = 4;
  private static final int MAX_BYTES = 16 << 20;
  private static final int MAX_ROUNDS = 10_000;
  private static final int MAX_MILLIS = 60_000;
  private static final int MAX_DELAY_MICROS = 1_000_000;
  private static final int MAX_MASTERS = 16;

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--contenders",
      split = ",",
      defaultValue = "jedis-pool,yokedcache,redisson,lettuce,caffeine,redis-benchmark",
      description =
          "Who takes part, default: ${DEFAULT-VALUE}. Options stand behind a colon:"
              + " yokedcache:statistics=true;connection.pool.size=8")
  private List<ContenderSpec> contenders = List.of();

  @Option(
      names = "--workloads",
      split = ",",
      description = "What is done, default: all. An unknown name prints those that there are")
  private List<Workload> workloads = List.of();

  @Option(
      names = "--threads",
      split = ",",
      defaultValue = "1,16,64",
      description = "By how many threads; v256 means 256 virtual ones. Default: ${DEFAULT-VALUE}")
  private List<Threading> threads = List.of();

  @Option(
      names = "--bytes",
      split = ",",
      defaultValue = "100",
      description = "Sizes of values, default: ${DEFAULT-VALUE}")
  private List<Integer> bytes = List.of();

  @Option(
      names = "--keys",
      defaultValue = "10000",
      description = "Keys, fewer if values are large; default: ${DEFAULT-VALUE}")
  private int keys;

  @Option(
      names = "--rounds",
      defaultValue = "7",
      description = "Slices of each contender, default: ${DEFAULT-VALUE}")
  private int rounds;

  @Option(
      names = "--slice",
      defaultValue = "300",
      description = "Milliseconds of a slice, default: ${DEFAULT-VALUE}")
  private int sliceMillis;

  @Option(
      names = "--warm-up",
      defaultValue = "500",
      description = "Milliseconds of warming up, default: ${DEFAULT-VALUE}")
  private int warmUpMillis;

  @Option(
      names = "--limit",
      defaultValue = "600",
      description = "Seconds after which nothing more is begun, default: ${DEFAULT-VALUE}")
  private int limitSeconds;

  @Option(
      names = "--delay",
      defaultValue = "0",
      description =
          "Microseconds that the link to the server takes in each direction, default:"
              + " ${DEFAULT-VALUE}")
  private int delayMicros;

  @Option(
      names = "--cluster",
      defaultValue = "0",
      description = "Masters of a cluster instead of one server, default: none")
  private int masters;

  @Option(names = "--trace", description = "A trace for the workload trace, maybe .xz")
  private @Nullable Path trace;

  @Option(names = "--chart", description = "Where to draw the operations a second, as SVG")
  private @Nullable Path chart;

  @Option(names = "--java", description = "The java to run contenders with, default: this one")
  private @Nullable String java;

  @Option(names = "--same-jvm", description = "All in this JVM: for two forms of one provider")
  private boolean sameJvm;

  @Option(names = "--quick", description = "A smoke run of seconds; its figures mean nothing")
  private boolean quick;

  private final PrintStream out;
  private final PrintStream err;

  SideBySide(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  /** Runs the comparison; {@code --help} says with which options. */
  public static void main(String[] args) {
    System.exit(run(args, System.out, System.err));
  }

  static int run(String[] args, PrintStream out, PrintStream err) {
    CommandLine line = new CommandLine(new SideBySide(out, err));
    line.registerConverter(ContenderSpec.class, ContenderSpec::parse);
    line.registerConverter(Threading.class, Threading::parse);
    line.registerConverter(Workload.class, Workload::parse);
    line.setOut(new PrintWriter(out, true, StandardCharsets.UTF_8));
    line.setErr(new PrintWriter(err, true, StandardCharsets.UTF_8));
    return line.execute(args);
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    checkNumbers();
    checkContenders();
    long startNanos = System.nanoTime();
    String program =
        java != null ? java : Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<Contestant> contestants = new ArrayList<>();
    try (Server server =
        masters == 0
            ? Server.start(Duration.of(delayMicros, ChronoUnit.MICROS))
            : Server.startCluster(masters)) {
      try {
        start(contestants, server, program);
        Report report = new Report(out, contestants.get(0).label());
        report.printMachine(server.description(), program, notes());
        Comparison comparison = new Comparison(contestants, server, report, timing());
        boolean right = true;
        for (Cell cell : cells()) {
          right &= comparison.measure(cell);
        }
        if (chart != null) {
          report.draw(chart);
        }
        report.printEnd(Duration.ofNanos(System.nanoTime() - startNanos).toSeconds());
        if (!right) {
          err.println("Some answers were wrong, see above");
        }
        return right ? 0 : 1;
      } catch (ContestantException e) {
        err.println(e.getMessage());
        return 1;
      } finally {
        contestants.forEach(Contestant::close);
      }
    }
  }

  private void start(List<Contestant> contestants, Server server, String program)
      throws ContestantException, IOException {
    Trace recorded = trace == null ? Trace.NONE : Trace.read(trace);
    for (ContenderSpec spec : contenders) {
      String name = "bench" + contestants.size();
      if (spec.kind() == Kind.REDIS_BENCHMARK) {
        Optional<NativeContestant> found = NativeContestant.find(server.servers());
        if (found.isEmpty()) {
          err.println("Left out: redis-benchmark is not on the PATH");
        }
        found.ifPresent(contestants::add);
      } else if (sameJvm) {
        contestants.add(
            new LocalContestant(spec, name, server.servers(), quick ? QUICK_KEYS : keys, recorded));
      } else {
        contestants.add(
            new ChildContestant(
                spec.label(),
                program,
                spec.classPath(System.getProperty("java.class.path")),
                arguments(name, server.servers())));
      }
    }
    if (contestants.isEmpty()) {
      throw new ContestantException("There is no contender", null);
    }
  }

  private List<String> arguments(String name, Servers servers) {
    List<String> arguments = new ArrayList<>();
    arguments.addAll(
        List.of(name, servers.toString(), Integer.toString(quick ? QUICK_KEYS : keys)));
    if (trace != null) {
      arguments.add(trace.toString());
    }
    return arguments;
  }

  private List<Cell> cells() {
    List<Cell> cells = new ArrayList<>();
    List<Threading> chosenThreads = quick ? List.of(new Threading(2, false)) : threads;
    for (Workload workload : workloads.isEmpty() ? List.of(Workload.values()) : workloads) {
      for (Threading threading : chosenThreads) {
        for (int size : bytes) {
          cells.add(new Cell(workload, threading, size));
        }
      }
    }
    return cells;
  }

  private void checkNumbers() {
    requireRange("--keys", keys, MIN_KEYS, MAX_KEYS);
    requireRange("--rounds", rounds, 1, MAX_ROUNDS);
    requireRange("--slice", sliceMillis, 1, MAX_MILLIS);
    requireRange("--warm-up", warmUpMillis, 1, MAX_MILLIS);
    requireRange("--limit", limitSeconds, 1, Integer.MAX_VALUE);
    requireRange("--delay", delayMicros, 0, MAX_DELAY_MICROS);
    requireRange("--cluster", masters, 0, MAX_MASTERS);
    if (masters > 0 && delayMicros > 0) {
      throw new ParameterException(
          commandLine(),
          "--delay needs one server: the nodes of a cluster announce their own ports");
    }
    bytes.forEach(size -> requireRange("--bytes", size, MIN_BYTES, MAX_BYTES));
  }

  private void checkContenders() {
    for (ContenderSpec contender : contenders) {
      if (sameJvm && contender.isOtherBuild()) {
        throw new ParameterException(
            commandLine(), contender.label() + " is another build: leave --same-jvm out");
      }
      try {
        contender.classPath("");
      } catch (IllegalArgumentException e) {
        throw new ParameterException(commandLine(), e.getMessage());
      }
    }
  }

  /** Lines about how contenders differ in what they do. */
  private List<String> notes() {
    boolean redisson = contenders.stream().anyMatch(spec -> spec.kind() == Kind.REDISSON);
    return masters > 0 && redisson
        ? List.of("Redisson keeps each cache in one slot, so on one of the masters.")
        : List.of();
  }

  private void requireRange(String option, int number, int min, int max) {
    if (number < min || number > max) {
      throw new ParameterException(
          commandLine(), "%s must be %d to %d, not %d".formatted(option, min, max, number));
    }
  }

  private CommandLine commandLine() {
    return requireNonNull(spec, "spec").commandLine();
  }

  private Comparison.Timing timing() {
    return quick
        ? new Comparison.Timing(
            QUICK_ROUNDS,
            Duration.ofMillis(QUICK_MILLIS),
            Duration.ofMillis(QUICK_MILLIS),
            Duration.ofSeconds(limitSeconds))
        : new Comparison.Timing(
            rounds,
            Duration.ofMillis(sliceMillis),
            Duration.ofMillis(warmUpMillis),
            Duration.ofSeconds(limitSeconds));
  }
}
