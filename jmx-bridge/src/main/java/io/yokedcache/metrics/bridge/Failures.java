package io.yokedcache.metrics.bridge;

import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ParseResult;

/** Tells people what went wrong; traces are for those who ask for them. */
final class Failures {

  private static final Logger logger = LoggerFactory.getLogger(Failures.class);

  private Failures() {}

  /** A failure's message in one line; those of RMI have several. */
  static String line(Exception failure) {
    return String.valueOf(failure.getMessage()).replaceAll("\\s+", " ");
  }

  /** Prints a message and returns the exit code. */
  static int tell(Exception failure, CommandLine command, ParseResult parsed) throws Exception {
    if (failure instanceof MetricsConfigurationException) {
      command.getErr().println(failure.getMessage());
      return ExitCode.USAGE;
    }
    if (failure instanceof IOException) {
      command.getErr().println(failure.getMessage());
      logger.debug("Where it failed", failure);
      return ExitCode.SOFTWARE;
    }
    throw failure;
  }
}
