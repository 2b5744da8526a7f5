package io.yokedcache.examples.hibernate;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** An {@link Application} in a JVM of its own, which does one job for each line that it is sent. */
final class ApplicationProcess implements Closeable {

  private static final String READY = "ready";
  private static final long END_TIMEOUT_SECONDS = 10;

  private final Process process;
  private final Path log;
  private final BufferedReader replies;
  private final BufferedWriter jobs;

  private ApplicationProcess(Process process, Path log) {
    this.process = process;
    this.log = log;
    this.replies = process.inputReader(StandardCharsets.UTF_8);
    this.jobs = process.outputWriter(StandardCharsets.UTF_8);
  }

  /** Starts the JVM, with these options, and returns when its session factory is open. */
  static ApplicationProcess start(
      String jdbcUrl, String cacheFile, String regionPrefix, Path folder, String... jvmOptions)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    command.add("-Dorg.jboss.logging.provider=slf4j");
    command.add(
        "-D" + Application.FACTORY + "=" + System.getProperty(Application.FACTORY, "jcache"));
    command.addAll(List.of(jvmOptions));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(ApplicationProcess.class.getName());
    command.addAll(List.of(jdbcUrl, cacheFile, regionPrefix));
    Path log = Files.createTempFile(folder, "application", ".log");
    Process process = new ProcessBuilder(command).redirectError(log.toFile()).start();
    ApplicationProcess application = new ApplicationProcess(process, log);
    try {
      application.expect(READY);
      return application;
    } catch (IOException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  /** What the other JVM runs. */
  public static void main(String[] args) throws IOException {
    try (Application application = Application.open(args[0], args[1], args[2]);
        BufferedReader in =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      System.out.println(READY);
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        String[] words = line.split(" ", 2);
        Reply reply = application.ask(Job.valueOf(words[0]), Long.parseLong(words[1]));
        System.out.println(reply.statements() + " " + reply.text());
      }
    }
  }

  /** Has a job done; fails with the log of the other JVM if it throws. */
  Reply ask(Job job, long id) throws IOException {
    jobs.write(job + " " + id + "\n");
    jobs.flush();
    String[] words = line().split(" ", 2);
    return new Reply(words[1], Long.parseLong(words[0]));
  }

  private void expect(String text) throws IOException {
    String line = line();
    if (!line.equals(text)) {
      throw new IOException("Not " + text + " but " + line);
    }
  }

  private String line() throws IOException {
    String line = replies.readLine();
    if (line == null) {
      throw new IOException("The other JVM has ended:\n" + String.join("\n", log()));
    }
    return line;
  }

  /** What it has logged so far. */
  List<String> log() throws IOException {
    return Files.readAllLines(log);
  }

  @Override
  public void close() throws IOException {
    try {
      jobs.close();
      if (!process.waitFor(END_TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
        throw new IOException("The other JVM does not end:\n" + String.join("\n", log()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      process.destroyForcibly();
    }
  }
}
