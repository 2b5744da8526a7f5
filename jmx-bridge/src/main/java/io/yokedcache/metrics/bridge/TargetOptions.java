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
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which JVMs are read; the options that all commands have. */
final class TargetOptions {

  static final String VERBOSE = "--verbose";

  /** Who has set this variable need not write a password into a file. */
  private static final String PASSWORD_VARIABLE = "YOKEDCACHE_JMX_PASSWORD";

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
        "Without it, the variable " + PASSWORD_VARIABLE + "."
      })
  private @Nullable Path passwordFile;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "File with a group yokedcache.metrics { targets { ... } }.")
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

  /** The settings of the file, if there is one, with others before them. */
  Config settings(Map<String, String> before) {
    Config given = MetricsFile.of(before, "command line");
    return given.withFallback(config == null ? ConfigFactory.empty() : MetricsFile.read(config));
  }

  /** The JVMs of the options and of the settings. */
  Map<String, TargetSettings> targets(MetricsSettings settings) {
    Map<String, TargetSettings> targets = new LinkedHashMap<>(new TreeMap<>(settings.targets()));
    Secret password = password();
    for (String url : urls) {
      add(
          targets,
          TargetNames.ofUrl(url),
          new TargetSettings(TargetNames.url(url), /* pid= */ null, user, password));
    }
    for (String pid : pids) {
      add(
          targets,
          TargetNames.ofPid(pid),
          new TargetSettings(
              /* url= */ null, TargetNames.pid(pid), /* user= */ null, /* password= */ null));
    }
    if (targets.isEmpty()) {
      throw new MetricsConfigurationException(
          "Which JVM? Name one by --url HOST:PORT, by --pid N, or in the group targets of --config."
              + LocalJvms.describe());
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
    String password = passwordFile == null ? System.getenv(PASSWORD_VARIABLE) : firstLine();
    if (password == null || password.isEmpty()) {
      throw new MetricsConfigurationException(
          "--user " + user + " needs a password: --password-file FILE, or " + PASSWORD_VARIABLE);
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
}
