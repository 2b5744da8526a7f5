package io.yokedcache.benchmarks.load;

import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.ThreadFactory;

/**
 * How many threads make the load at once, and of which kind. The text form is the number, for
 * virtual threads with a {@code v} before it.
 *
 * @param count how many
 * @param virtual whether they are virtual threads
 */
public record Threading(int count, boolean virtual) {

  private static final int MAX = 10_000;
  private static final int FIRST_RELEASE_WITH_VIRTUAL_THREADS = 21;

  /**
   * Reads the text form.
   *
   * @throws IllegalArgumentException if it is not a number from 1 to 10000, with or without the v
   */
  public static Threading parse(String text) {
    boolean virtual = text.startsWith("v");
    try {
      int count = Integer.parseInt(virtual ? text.substring(1) : text);
      if (count >= 1 && count <= MAX) {
        return new Threading(count, virtual);
      }
    } catch (NumberFormatException notANumber) {
      // Same answer as for a number out of range.
    }
    throw new IllegalArgumentException(
        "Threads must be a number from 1 to " + MAX + ", or v and such a number, not " + text);
  }

  /**
   * Makes the threads.
   *
   * @throws UnsupportedOperationException if this Java has none of that kind
   */
  ThreadFactory factory() {
    if (!virtual) {
      return task -> {
        Thread thread = new Thread(task, "load");
        thread.setDaemon(true);
        return thread;
      };
    }
    if (Runtime.version().feature() < FIRST_RELEASE_WITH_VIRTUAL_THREADS) {
      throw new UnsupportedOperationException(
          "Virtual threads need Java 21 or later, this is " + Runtime.version());
    }
    try {
      // By reflection, since this is compiled for 17.
      Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
      return (ThreadFactory)
          Class.forName("java.lang.Thread$Builder").getMethod("factory").invoke(builder);
    } catch (InvocationTargetException e) {
      throw new UnsupportedOperationException("Virtual threads failed: " + e.getCause(), e);
    } catch (ReflectiveOperationException e) {
      throw new UnsupportedOperationException("Virtual threads are not there: " + e, e);
    }
  }

  @Override
  public String toString() {
    return (virtual ? "v" : "") + count;
  }
}
