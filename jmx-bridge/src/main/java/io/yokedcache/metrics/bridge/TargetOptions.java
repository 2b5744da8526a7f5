package io.yokedcache.metrics.bridge;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.yokedcache.metrics.bridge.MetricsSettings.TargetSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.remote.JMXServiceURL;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which JVMs are read; the options that all commands have. */
final class TargetOptions {

  static final String VERBOSE = "--verbose";

  private static final Pattern NAMED = Pattern.compile("([^=:/]+)=(.*)");
  private static final Pattern ADDRESS = Pattern.compile(".*?//(?:.*//)?([^/]+:[0-9]+).*");

  @Option(
      names = "--url",
      paramLabel = "[NAME=]URL",
      description = {
        "A JVM to read: service:jmx:rmi:///jndi/rmi://HOST:PORT/jmxrmi, or HOST:PORT for short.",
        "May be repeated."
      })
  private List<String> urls = new ArrayList<>();

  @Option(
      names = "--pid",
      paramLabel = "[NAME=]N",
      description = "A JVM of the same user on this machine, by its process id. May be repeated.")
  private List<String> pids = new ArrayList<>();

  @Option(names = "--user", paramLabel = "NAME", description = "User for the URLs' JMX.")
  private @Nullable String user;

  @Option(
      names = "--password-file",
      paramLabel = "FILE",
      description = {
        "File whose first line is the user's password.",
        "Without it, the variable " + TargetSettings.PASSWORD_VARIABLE + "."
      })
  private @Nullable Path passwordFile;

  @Option(
      names = "--ssl-registry",
      description =
          "The URLs' RMI registries use TLS, too (com.sun.management.jmxremote.registry.ssl=true).")
  private boolean sslRegistry;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = {
        "File with a group yokedcache.metrics { targets { ... } }.",
        "While serve runs, it follows changes of the file."
      })
  private @Nullable Path config;

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      defaultValue = "5",
      description = "How long reading a JVM may take, with connecting. Default: ${DEFAULT-VALUE}.")
  private int timeoutSeconds = 5;

  /** Only so that it is known: it counts before there is a logger, and so before picocli. */
  @Option(names = VERBOSE, description = "Logs more, with the reasons of failures.")
  @SuppressWarnings("UnusedVariable")
  private boolean isVerbose;

  @Nullable Path config() {
    return config;
  }

  /** The settings of the file, if there is one, with others before them. */
  Config settings(Map<String, String> before) {
    Config given = MetricsFile.of(before, "command line");
    return given.withFallback(config == null ? ConfigFactory.empty() : MetricsFile.read(config));
  }

  Map<String, TargetSettings> targets(MetricsSettings settings) {
    Map<String, TargetSettings> targets = new LinkedHashMap<>(new TreeMap<>(settings.targets()));
    Secret password = password();
    for (String option : urls) {
      String url = value(option);
      JMXServiceURL unused = Targets.parsed(url); // or throws
      add(
          targets,
          nameOfUrl(option),
          new TargetSettings(
              url, /* pid= */ null, user, password, sslRegistry, /* timeout= */ null, null));
    }
    for (String option : pids) {
      add(
          targets,
          nameOfPid(option),
          new TargetSettings(/* url= */ null, pid(option), /* user= */ null, /* password= */ null));
    }
    if (targets.isEmpty()) {
      throw new MetricsConfigurationException(
          "No JVM is named: use --url HOST:PORT, --pid N, or the group targets of --config."
              + AttachedJvm.describeOthers());
    }
    return targets;
  }

  private static void add(Map<String, TargetSettings> targets, String name, TargetSettings target) {
    if (targets.put(name, target) != null) {
      throw new MetricsConfigurationException(
          "Two JVMs are called " + name + ". Give them names: --url orders=HOST:PORT");
    }
  }

  private @Nullable Secret password() {
    if (user == null) {
      if (passwordFile != null) {
        throw new MetricsConfigurationException("--password-file needs --user");
      }
      return null;
    }
    String password =
        passwordFile == null ? System.getenv(TargetSettings.PASSWORD_VARIABLE) : firstLine();
    if (password == null || password.isEmpty()) {
      throw new MetricsConfigurationException(
          String.format(
              "--user %s needs a password: --password-file FILE, or %s",
              user, TargetSettings.PASSWORD_VARIABLE));
    }
    return new Secret(password);
  }

  private @Nullable String firstLine() {
    if (passwordFile == null) {
      return null;
    }
    try {
      return Files.readAllLines(passwordFile).stream().findFirst().orElse("");
    } catch (IOException e) {
      throw new MetricsConfigurationException(
          "--password-file " + passwordFile + " cannot be read: is there such a file, as UTF-8?",
          e);
    }
  }

  Duration timeLimit() {
    if (timeoutSeconds < 1 || timeoutSeconds > 3600) {
      throw new MetricsConfigurationException(
          "--timeout " + timeoutSeconds + " must be 1 to 3600 seconds");
    }
    return Duration.ofSeconds(timeoutSeconds);
  }

  /** The name before a URL, else its host and port. */
  static String nameOfUrl(String option) {
    Matcher named = NAMED.matcher(option);
    if (named.matches()) {
      return named.group(1);
    }
    Matcher address = ADDRESS.matcher(option);
    return address.matches() ? address.group(1) : option;
  }

  /** The name before a process id, else one made of it. */
  static String nameOfPid(String option) {
    Matcher named = NAMED.matcher(option);
    return named.matches() ? named.group(1) : "pid-" + pid(option);
  }

  /** All without the name. */
  static String value(String option) {
    Matcher named = NAMED.matcher(option);
    return named.matches() ? named.group(2) : option;
  }

  static long pid(String option) {
    try {
      long pid = Long.parseLong(value(option));
      if (pid > 0) {
        return pid;
      }
    } catch (NumberFormatException e) {
      // Reported below.
    }
    throw new MetricsConfigurationException(
        "--pid " + option + " must be the number of a process." + AttachedJvm.describeOthers());
  }
}
