package io.yokedcache.metrics.bridge;

import io.yokedcache.metrics.source.TargetFilter;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.ColorScheme;

/** Runs the bridge on the command line. */
public final class BridgeMain {

  private static final String SERVE = "serve";
  private static final Set<String> NOT_SERVE = Set.of("-h", "--help", "-V", "--version");

  private BridgeMain() {}

  /**
   * Runs a command and exits with its code: 0 if it did its work, 1 if it could not, 2 if the
   * options or settings are wrong.
   *
   * @param arguments the command, and its options
   */
  public static void main(String[] arguments) {
    configureLogging(Arrays.asList(arguments).contains(TargetOptions.VERBOSE));
    TargetFilter.install();
    System.exit(
        run(
            new PrintWriter(System.out, /* autoFlush= */ true, Charset.defaultCharset()),
            new PrintWriter(System.err, /* autoFlush= */ true, Charset.defaultCharset()),
            arguments));
  }

  /** Before the first logger is made; who sets these properties is respected. */
  private static void configureLogging(boolean isVerbose) {
    setIfAbsent("org.slf4j.simpleLogger.defaultLogLevel", isVerbose ? "debug" : "info");
    setIfAbsent("org.slf4j.simpleLogger.showDateTime", "true");
    setIfAbsent("org.slf4j.simpleLogger.dateTimeFormat", "yyyy-MM-dd HH:mm:ss.SSS");
    setIfAbsent("org.slf4j.simpleLogger.showThreadName", "false");
    setIfAbsent("org.slf4j.simpleLogger.showShortLogName", "true");
  }

  private static void setIfAbsent(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /** Runs a command and returns its exit code. */
  static int run(PrintWriter out, PrintWriter err, String... arguments) {
    return new CommandLine(new BridgeCommand())
        .setOut(out)
        .setErr(err)
        .setColorScheme(new ColorScheme.Builder(Ansi.AUTO).build())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(Failures::tell)
        .execute(withCommand(arguments));
  }

  /** Without the name of a command the options are those of serve. */
  private static String[] withCommand(String[] arguments) {
    if (arguments.length > 0
        && (!arguments[0].startsWith("-") || NOT_SERVE.contains(arguments[0]))) {
      return arguments;
    }
    List<String> all = new ArrayList<>(List.of(SERVE));
    all.addAll(Arrays.asList(arguments));
    return all.toArray(String[]::new);
  }
}
