package io.yokedcache.benchmarks;

import java.util.List;
import java.util.concurrent.Callable;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Runs the JMH benchmarks of single pieces, for a bounded time. */
@Command(
    name = "Pieces",
    mixinStandardHelpOptions = true,
    description = "Runs the JMH benchmarks of single pieces of the provider.")
public final class Pieces implements Callable<Integer> {

  @Parameters(
      defaultValue = "Recorder,Codec,Wrapper,PipelinedConnection,Snapshot,Remote,NearCache",
      split = ",",
      description = "Regular expressions of benchmarks, default: ${DEFAULT-VALUE}")
  private List<String> include = List.of();

  @Option(
      names = "--forks",
      defaultValue = "2",
      description = "JVMs for each, 0 for this one. Default: ${DEFAULT-VALUE}")
  private int forks;

  @Option(
      names = "--iterations",
      defaultValue = "5",
      description = "Of each fork, behind three to warm up. Default: ${DEFAULT-VALUE}")
  private int iterations;

  @Option(
      names = "--millis",
      defaultValue = "500",
      description = "Of each iteration, default: ${DEFAULT-VALUE}")
  private int millis;

  @Option(names = "--gc", description = "Show the allocation of each operation too")
  private boolean gc;

  @Option(names = "--quick", description = "A smoke run; its figures mean nothing")
  private boolean quick;

  Pieces() {}

  /** Runs the benchmarks; {@code --help} says with which options. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Pieces()).execute(args));
  }

  @Override
  public Integer call() throws RunnerException {
    return run().isEmpty() ? 1 : 0;
  }

  /** Runs them and returns what JMH measured, an item for each. */
  List<RunResult> run() throws RunnerException {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .forks(quick ? 0 : forks)
            .warmupIterations(quick ? 0 : 3)
            .warmupTime(TimeValue.milliseconds(millis))
            .measurementIterations(quick ? 1 : iterations)
            .measurementTime(TimeValue.milliseconds(quick ? 1 : millis))
            .verbosity(quick ? VerboseMode.SILENT : VerboseMode.NORMAL)
            .shouldFailOnError(true);
    include.forEach(options::include);
    options.addProfiler(CpuProfiler.class);
    if (quick) {
      // Another JMH on this machine disturbs measurements, but this is none.
      System.setProperty("jmh.ignoreLock", "true");
      options.param("caches", "2").param("entries", "10").param("statistics", "true");
    }
    if (gc) {
      options.addProfiler(GCProfiler.class);
    }
    return List.copyOf(new Runner(options.build()).run());
  }
}
