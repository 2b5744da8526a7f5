package io.yokedcache.metrics.bridge;

import io.yokedcache.metrics.bridge.MetricsSettings.TargetSettings;
import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.CacheSource;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Prints the caches of other JVMs as a table. */
@Command(
    name = "list",
    mixinStandardHelpOptions = true,
    versionProvider = BridgeMain.Version.class,
    description = {
      "Prints the caches of other JVMs with their figures.",
      "A cache is not listed while its statistics are off. A dash means: not measured."
    })
final class ListCommand implements Callable<Integer> {

  private static final Logger logger = LoggerFactory.getLogger(ListCommand.class);

  @Mixin private TargetOptions targetOptions = new TargetOptions();

  @Option(
      names = "--watch",
      paramLabel = "SECONDS",
      description = "Prints again and again, until Ctrl-C.")
  private @Nullable Integer watchSeconds;

  @Option(names = "--json", description = "Prints a JSON array instead of a table.")
  private boolean isJson;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    if (watchSeconds != null && (watchSeconds < 1 || watchSeconds > 86_400)) {
      throw new MetricsConfigurationException("--watch " + watchSeconds + " must be 1 to 86400");
    }
    MetricsSettings settings = MetricsSettings.of(targetOptions.settings(Map.of()));
    Map<String, TargetSettings> jvms = targetOptions.targets(settings);
    try (Targets targets = new Targets(targetOptions.timeLimit())) {
      targets.follow(jvms);
      boolean isComplete = print(targets.sources());
      while (watchSeconds != null) {
        TimeUnit.SECONDS.sleep(watchSeconds);
        if (!isJson) {
          out().println();
        }
        isComplete = print(targets.sources());
      }
      return isComplete ? ExitCode.OK : ExitCode.SOFTWARE;
    }
  }

  /** Prints all, and returns whether all could be read. */
  private boolean print(Map<String, CacheSource> sources) {
    List<CacheTable.Row> rows = new ArrayList<>();
    List<String> failures = new ArrayList<>();
    sources.forEach(
        (name, source) -> {
          try {
            source.read().caches().stream()
                .sorted(
                    Comparator.comparing(CacheReading::manager).thenComparing(CacheReading::cache))
                .forEach(cache -> rows.add(new CacheTable.Row(name, cache)));
          } catch (IOException | RuntimeException e) {
            failures.add(name + ": " + BridgeMain.line(e));
            logger.debug("Where reading {} failed", name, e);
          }
        });
    if (isJson) {
      out().print(CacheTable.json(rows));
    } else if (!rows.isEmpty() || failures.isEmpty()) {
      out().print(CacheTable.text(rows, sources.size() > 1));
    }
    out().flush();
    failures.forEach(err()::println);
    return failures.isEmpty();
  }

  private PrintWriter out() {
    return command().commandLine().getOut();
  }

  private PrintWriter err() {
    return command().commandLine().getErr();
  }

  private CommandSpec command() {
    if (spec == null) {
      throw new IllegalStateException("This command is run by picocli only");
    }
    return spec;
  }
}
