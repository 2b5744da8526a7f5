package io.yokedcache.jcache.internal.concurrent;

import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;

/** Makes threads that do not keep the JVM alive. They are not started. */
public final class DaemonThreads {

  private DaemonThreads() {}

  /** A thread with the context class loader of the thread that makes it. */
  public static Thread create(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** A thread that keeps nothing of the application thread that happens to make it. */
  public static Thread detached(String name, Runnable task) {
    Thread thread = new Thread(null, task, name, 0, /* inheritThreadLocals= */ false);
    thread.setDaemon(true);
    thread.setContextClassLoader(null);
    return thread;
  }

  /** Makes threads as {@link #create} does, with numbers from 1 behind their name. */
  public static ThreadFactory numbered(String name) {
    AtomicInteger number = new AtomicInteger();
    return task -> create(name + "-" + number.incrementAndGet(), task);
  }
}
