package io.yokedcache.metrics.bridge;

import io.yokedcache.metrics.prometheus.PasswordHash;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Prints the hash of a password, for the setting {@code prometheus.password-hash}. */
@Command(
    name = "hash-password",
    mixinStandardHelpOptions = true,
    description = {
      "Prints the hash of a password, for the setting prometheus.password-hash.",
      "The password is asked for, or is the first line of the input."
    })
final class HashPasswordCommand implements Callable<Integer> {

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (spec == null) {
      throw new IllegalStateException("This command is run by picocli only");
    }
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
