package io.yokedcache.benchmarks;

import io.yokedcache.benchmarks.load.Cell;
import io.yokedcache.benchmarks.load.Slice;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A contestant in a JVM of its own, which {@link ChildMain} runs in. */
final class ChildContestant implements Contestant {

  private static final String UNSUPPORTED = "unsupported";
  private static final String SLICE = "slice ";
  private static final long ANSWER_TIMEOUT_SECONDS = 120;
  private static final long END_TIMEOUT_SECONDS = 10;

  private final String label;
  private final Process process;
  private final Writer commands;
  private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
  private boolean started;

  /**
   * Starts the JVM and does not wait until it is ready.
   *
   * @param label what the table calls it, and what it is told to be
   * @param java the program to start
   * @param classPath where it finds its classes, the contender's first
   * @param arguments what {@link ChildMain} wants behind the label
   */
  ChildContestant(String label, String java, String classPath, List<String> arguments)
      throws ContestantException {
    this.label = label;
    List<String> command = new ArrayList<>();
    command.addAll(List.of(java, "-Xms256m", "-Xmx1g"));
    command.add("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn");
    command.addAll(List.of("-cp", classPath));
    command.addAll(List.of(ChildMain.class.getName(), label));
    command.addAll(arguments);
    try {
      this.process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    } catch (IOException e) {
      throw new ContestantException("The JVM of " + label + " did not start: " + e, e);
    }
    this.commands = process.outputWriter(StandardCharsets.UTF_8);
    Thread reader = new Thread(this::readAnswers, "answers-of-" + label);
    reader.setDaemon(true);
    reader.start();
  }

  private void readAnswers() {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      in.lines().forEach(answers::add);
    } catch (IOException | UncheckedIOException ended) {
      // The missing answer says so.
    }
    answers.add("its JVM has ended");
  }

  @Override
  public String label() {
    return label;
  }

  @Override
  public boolean prepare(Cell cell) throws ContestantException, InterruptedException {
    if (!started) {
      expect("ready", answer());
      started = true;
    }
    String answer = ask("prepare " + cell);
    if (answer.equals(UNSUPPORTED)) {
      return false;
    }
    expect("ready", answer);
    return true;
  }

  @Override
  public Slice run(long millis) throws ContestantException, InterruptedException {
    String answer = ask("run " + millis);
    if (!answer.startsWith(SLICE)) {
      expect(SLICE + "...", answer);
    }
    return Slice.decode(answer.substring(SLICE.length()));
  }

  private String ask(String command) throws ContestantException, InterruptedException {
    try {
      commands.write(command + "\n");
      commands.flush();
    } catch (IOException e) {
      throw new ContestantException("The JVM of " + label + " takes no commands: " + e, e);
    }
    return answer();
  }

  private String answer() throws ContestantException, InterruptedException {
    String answer = answers.poll(ANSWER_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    if (answer == null) {
      throw new ContestantException(
          label + " did not answer for " + ANSWER_TIMEOUT_SECONDS + " s", null);
    }
    return answer;
  }

  private void expect(String expected, String answer) throws ContestantException {
    if (!answer.equals(expected)) {
      throw new ContestantException(
          label + " answered \"" + answer + "\" and not \"" + expected + "\"", null);
    }
  }

  /** Ends the JVM within some seconds. */
  @Override
  public void close() {
    try {
      commands.close();
    } catch (IOException ended) {
      // It has ended already.
    }
    try {
      if (!process.waitFor(END_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
