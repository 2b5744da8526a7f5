package io.yokedcache.examples;

import java.io.Console;
import java.io.PrintStream;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Tells every second how far a run is: in place on a terminal, line by line elsewhere. */
public final class Progress implements AutoCloseable {

  private static final int LINE_WIDTH = 79;

  private final PrintStream out;
  private final Supplier<String> line;
  private final boolean inPlace;
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread thread = new Thread(task, "progress");
            thread.setDaemon(true);
            return thread;
          });

  public Progress(PrintStream out, Supplier<String> line) {
    this.out = out;
    this.line = line;
    this.inPlace = out == System.out && isTerminal();
  }

  public void start() {
    // Cancelled by close().
    ScheduledFuture<?> ignored = clock.scheduleAtFixedRate(this::print, 1, 1, TimeUnit.SECONDS);
  }

  private void print() {
    if (inPlace) {
      out.print("\r" + padded(line.get()));
      out.flush();
    } else {
      out.println(line.get());
    }
  }

  private static String padded(String text) {
    return text + " ".repeat(Math.max(0, LINE_WIDTH - text.length()));
  }

  /** Since Java 22 there is a console also where there is no terminal, and it can be asked. */
  @SuppressWarnings("SystemConsoleNull") // before Java 22 null means that there is no terminal
  private static boolean isTerminal() {
    Console console = System.console();
    if (console == null) {
      return false;
    }
    try {
      return (boolean) Console.class.getMethod("isTerminal").invoke(console);
    } catch (NoSuchMethodException beforeJava22) {
      return true;
    } catch (ReflectiveOperationException e) {
      return false;
    }
  }

  /** Ends the line. */
  @Override
  public void close() {
    clock.shutdownNow();
    if (inPlace) {
      out.print("\r" + padded("") + "\r");
      out.flush();
    }
  }
}
