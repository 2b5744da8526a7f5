package io.yokedcache.metrics.bridge;

import io.yokedcache.metrics.prometheus.PasswordHash;
import io.yokedcache.metrics.source.BridgeVersion;
import io.yokedcache.metrics.source.TargetFilter;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.ColorScheme;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** Runs the bridge on the command line. */
@Command(
    name = "yokedcache-jmx-bridge",
    mixinStandardHelpOptions = true,
    versionProvider = BridgeMain.Version.class,
    subcommands = {
      ServeCommand.class,
      ListCommand.class,
      BridgeMain.HashPassword.class,
      HelpCommand.class
    },
    header = "Reads the caches of other JVMs, of any JSR-107 provider, by JMX.",
    footer = {
      "",
      "Without a command it serves; see serve --help. Examples:",
      "  java -jar yokedcache-jmx-bridge.jar --url orders=db1:9010",
      "  java -jar yokedcache-jmx-bridge.jar --config bridge.conf",
      "  java -jar yokedcache-jmx-bridge.jar list --pid 4711",
      "",
      "Exit codes: 0 done, 1 not possible (unreachable, port in use), 2 wrong options or settings."
    })
public final class BridgeMain {

  private static final String SERVE = "serve";
  private static final Set<String> NOT_SERVE = Set.of("-h", "--help", "-V", "--version");

  private BridgeMain() {}

  static final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
      String version = BridgeVersion.read();
      return new String[] {
        "yokedcache-jmx-bridge " + (version == null ? "(not from a jar)" : version)
      };
    }
  }

  /**
   * Runs a command and exits with its code: 0 if it did its work, 1 if it could not, 2 if the
   * options or settings are wrong.
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

  /** Before the first logger is created. Properties that are set are kept. */
  private static void configureLogging(boolean isVerbose) {
    Map.of(
            "defaultLogLevel", isVerbose ? "debug" : "info",
            "showDateTime", "true",
            "dateTimeFormat", "yyyy-MM-dd HH:mm:ss.SSS",
            "showThreadName", "false",
            "showShortLogName", "true")
        .forEach(
            (key, value) ->
                System.getProperties().putIfAbsent("org.slf4j.simpleLogger." + key, value));
  }

  static int run(PrintWriter out, PrintWriter err, String... arguments) {
    return new CommandLine(new BridgeMain())
        .setOut(out)
        .setErr(err)
        .setColorScheme(new ColorScheme.Builder(Ansi.AUTO).build())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(BridgeMain::failed)
        .setParameterExceptionHandler(BridgeMain::misused)
        .execute(withCommand(arguments));
  }

  /** Without the name of a command, the options are options of serve. */
  private static String[] withCommand(String[] arguments) {
    if (arguments.length > 0
        && (!arguments[0].startsWith("-") || NOT_SERVE.contains(arguments[0]))) {
      return arguments;
    }
    List<String> all = new ArrayList<>(List.of(SERVE));
    all.addAll(Arrays.asList(arguments));
    return all.toArray(String[]::new);
  }

  /** The message of a failure in one line; RMI's have several, and some of the JDK have none. */
  static String line(Throwable failure) {
    String message = failure.getMessage();
    return message == null
        ? failure.getClass().getSimpleName()
        : message.replaceAll("\\s*\\n\\s*(- )?", "; ").replace(":; ", ": ").replaceAll("\\s+", " ");
  }

  private static int failed(Exception failure, CommandLine command, ParseResult parsed) {
    boolean isMistake = failure instanceof MetricsConfigurationException;
    String told =
        isMistake
            ? failure.getMessage()
            : failure instanceof IOException
                ? line(failure)
                : "The bridge failed unexpectedly: " + failure;
    command.getErr().println(told);
    LoggerFactory.getLogger(BridgeMain.class).debug("Where it failed", failure);
    return isMistake ? ExitCode.USAGE : ExitCode.SOFTWARE;
  }

  private static int misused(ParameterException wrong, String[] arguments) {
    CommandLine command = wrong.getCommandLine();
    List<String> meant =
        wrong instanceof UnmatchedArgumentException unmatched
            ? unmatched.getSuggestions()
            : List.of();
    command
        .getErr()
        .println(
            wrong.getMessage()
                + (meant.isEmpty() ? ". See " : "; did you mean " + meant.get(0) + "? See ")
                + command.getCommandSpec().qualifiedName()
                + " --help");
    return ExitCode.USAGE;
  }

  /** Prints the hash of a password, for the setting {@code prometheus.password-hash}. */
  @Command(
      name = "hash-password",
      mixinStandardHelpOptions = true,
      description = {
        "Prints the hash of a password, for the setting prometheus.password-hash.",
        "The password is asked for, or is the first line of the input."
      })
  static final class HashPassword implements Callable<Integer> {

    // Set by picocli before the command runs.
    @SuppressWarnings("NullAway.Init")
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
      char[] password = password();
      if (password.length == 0) {
        throw new MetricsConfigurationException("The password is empty");
      }
      spec.commandLine().getOut().println(PasswordHash.of(password));
      Arrays.fill(password, ' ');
      return ExitCode.OK;
    }

    // Since Java 22 there may be a console for other input, too, which reads that just as well.
    @SuppressWarnings("SystemConsoleNull")
    private static char[] password() throws IOException {
      Console console = System.console();
      if (console == null) {
        BufferedReader input =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String line = input.readLine();
        return line == null ? new char[0] : line.toCharArray();
      }
      char[] password = console.readPassword("Password: ");
      return password == null ? new char[0] : password;
    }
  }
}
