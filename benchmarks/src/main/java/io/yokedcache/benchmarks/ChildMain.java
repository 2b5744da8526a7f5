package io.yokedcache.benchmarks;

import io.yokedcache.benchmarks.contender.ContenderSpec;
import io.yokedcache.benchmarks.contender.Servers;
import io.yokedcache.benchmarks.load.Cell;
import io.yokedcache.benchmarks.load.Trace;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A contestant's own JVM: takes commands by lines and answers each by one line. It ends when the
 * commands end, so it cannot outlive who started it.
 *
 * <pre>
 * prepare WORKLOAD THREADS BYTES   ready | unsupported
 * run MILLIS                       slice ...
 * </pre>
 */
final class ChildMain {

  private static final Logger logger = LoggerFactory.getLogger(ChildMain.class);

  private ChildMain() {}

  /**
   * Runs until the standard input ends.
   *
   * @param args contender, name, servers, number of keys, and maybe the file of a trace
   */
  public static void main(String[] args) {
    PrintStream answers = System.out;
    // Whatever else prints must not stand between the answers.
    System.setOut(System.err);
    int exitCode = 1;
    try {
      serve(args, answers);
      exitCode = 0;
    } catch (Exception | LinkageError e) {
      logger.error("{} failed", args[0], e);
    }
    // Clients may have left threads that are no daemons.
    System.exit(exitCode);
  }

  private static void serve(String[] args, PrintStream answers) throws Exception {
    Trace trace = args.length > 4 ? Trace.read(Path.of(args[4])) : Trace.NONE;
    ContenderSpec spec = ContenderSpec.parse(args[0]);
    try (LocalContestant contestant =
            new LocalContestant(
                spec, args[1], Servers.parse(args[2]), Integer.parseInt(args[3]), trace);
        BufferedReader commands =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      answers.println("ready");
      String command = commands.readLine();
      while (command != null) {
        answers.println(answer(contestant, command));
        command = commands.readLine();
      }
    }
  }

  private static String answer(LocalContestant contestant, String command)
      throws ContestantException, InterruptedException {
    String argument = command.substring(command.indexOf(' ') + 1);
    if (command.startsWith("prepare ")) {
      return contestant.prepare(Cell.parse(argument)) ? "ready" : "unsupported";
    }
    return "slice " + contestant.run(Long.parseLong(argument)).encode();
  }
}
