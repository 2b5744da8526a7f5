package io.yokedcache.jcache.testing;

import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Repeats a command that only begins something. Redis answers such a command before it has done
 * anything, and may give it up later without a word.
 */
final class Repetition {

  private static final Duration BOUND = Duration.ofSeconds(30);
  private static final Duration POLL = Duration.ofMillis(20);

  private Repetition() {}

  /**
   * Runs the command again after each interval until the condition holds.
   *
   * @param what names the condition in the failure
   * @throws ConditionTimeoutException if the condition does not hold after 30 seconds
   */
  static void until(String what, Duration interval, Runnable command, Callable<Boolean> condition) {
    Instant end = Instant.now().plus(BOUND);
    while (true) {
      command.run();
      try {
        await().alias(what).pollInterval(POLL).atMost(interval).until(condition);
        return;
      } catch (ConditionTimeoutException e) {
        if (Instant.now().isAfter(end)) {
          throw e;
        }
      }
    }
  }
}
