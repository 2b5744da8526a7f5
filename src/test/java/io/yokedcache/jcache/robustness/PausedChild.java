package io.yokedcache.jcache.robustness;

import java.net.URI;
import java.time.Duration;
import javax.cache.Cache;
import javax.cache.CacheManager;

/** 64 threads that read and write while the JVM is stopped now and then; prints what failed. */
final class PausedChild {

  static final int THREADS = 64;
  static final Duration COMMAND_TIMEOUT = Duration.ofMillis(400);

  private PausedChild() {}

  /** Argument: port of the server. Says when it is ready, and ends when its input does. */
  public static void main(String[] args) throws Exception {
    URI uri = URI.create("redis://127.0.0.1:" + args[0]);
    String timeout = "connection.command-timeout=" + COMMAND_TIMEOUT.toMillis() + "ms";
    try (CacheManager manager = Managers.open(uri, timeout)) {
      Cache<String, String> cache = Managers.texts(manager, "paused");
      try (Load load =
          Load.start(
              THREADS,
              (thread, step) -> {
                if (step % 4 == 0) {
                  Checked.put(cache);
                } else {
                  Checked.get(cache);
                }
              })) {
        load.awaitSuccesses(2_000);
        System.out.println("ready");
        int unused = System.in.read();
        load.stop();
        load.causes().stream().limit(3).forEach(cause -> cause.printStackTrace(System.out));
        System.out.println(load.successes() + " calls, failures: " + load.failures().size());
      }
    }
  }
}
