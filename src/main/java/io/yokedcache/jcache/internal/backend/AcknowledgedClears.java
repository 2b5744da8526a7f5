package io.yokedcache.jcache.internal.backend;

import io.yokedcache.jcache.internal.concurrent.Throttle;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.replica.ReplicaAcknowledgement;
import io.yokedcache.jcache.internal.redis.replica.ReplicaAcknowledgement.Answer;
import io.yokedcache.jcache.internal.redis.replica.ReplicaAcknowledgement.Written;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.store.EntryStore;
import io.yokedcache.jcache.internal.store.generation.Generation;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Clears caches, and waits until replicas have the new generations if {@code
 * fail-over.wait-replicas} asks for it. Safe for use by several threads.
 *
 * <p>If a new generation is not there any more when the replicas are asked, a fail-over has lost
 * it, another clear has replaced it, or its slot has moved: then the cache is cleared again.
 */
final class AcknowledgedClears {

  private static final Logger logger = LoggerFactory.getLogger(AcknowledgedClears.class);

  private static final int MAX_ATTEMPTS = 3;

  private final RedisExecutor executor;
  private final int replicas;
  private final Duration timeout;
  private final LongAdder unacknowledged = new LongAdder();
  private final Throttle warnings = new Throttle(Duration.ofMinutes(1));

  /**
   * Creates it for the caches of a manager.
   *
   * @param executor without a timer: the wait is no round trip
   */
  AcknowledgedClears(RedisExecutor executor, Settings.FailOver settings) {
    this.executor = executor;
    this.replicas = settings.waitReplicas();
    this.timeout = settings.waitTimeout();
  }

  /** How many clears were made that too few replicas acknowledged in time. */
  long unacknowledged() {
    return unacknowledged.sum();
  }

  /**
   * Clears a cache.
   *
   * @param degrades whether a clear that too few replicas acknowledged is only counted
   * @return the tokens of the generations that ended and may have had entries
   * @throws NotAcknowledgedException if the cache was cleared, and too few replicas acknowledged it
   */
  Set<String> clear(EntryStore entries, KeySpace names, boolean degrades) {
    Set<String> ended = new HashSet<>();
    for (int attempt = 1; ; attempt++) {
      Map<Integer, Generation> begun = new TreeMap<>();
      ended.addAll(entries.clear(begun));
      if (replicas == 0 || begun.isEmpty()) {
        return ended;
      }
      Answer answer;
      try {
        answer = ask(names, begun);
      } catch (CacheException e) {
        report(names, "the replicas could not be asked: " + e.getMessage(), e, degrades);
        return ended;
      }
      if (answer.isThere()) {
        if (answer.acknowledged() < replicas) {
          fewReplicas(names, answer.acknowledged(), degrades);
        }
        return ended;
      }
      if (attempt == MAX_ATTEMPTS) {
        report(names, "it was replaced by other clears, or its slots move", null, degrades);
        return ended;
      }
    }
  }

  private void fewReplicas(KeySpace names, long acknowledged, boolean degrades) {
    report(
        names,
        "of the %s replicas of fail-over.wait-replicas %s acknowledged it within %s ms"
            .formatted(replicas, acknowledged, timeout.toMillis()),
        null,
        degrades);
  }

  private void report(
      KeySpace names, String reason, @Nullable CacheException cause, boolean degrades) {
    unacknowledged.increment();
    String message =
        ("The clear of %s on %s was made, but %s. A fail-over now may bring the old entries back."
                + " Clear again when the replicas are well; raise yokedcache.fail-over.wait-timeout"
                + " or lower yokedcache.fail-over.wait-replicas if it happens often")
            .formatted(names, executor.address(), reason);
    if (!degrades) {
      throw new NotAcknowledgedException(message, cause);
    }
    if (warnings.passes()) {
      logger.warn("{}", message);
    }
  }

  /** The clear was made. */
  static final class NotAcknowledgedException extends CacheException {

    private static final long serialVersionUID = 1;

    NotAcknowledgedException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  private Answer ask(KeySpace names, Map<Integer, Generation> begun) {
    List<Written> written = new ArrayList<>(begun.size());
    begun.forEach(
        (bucket, generation) ->
            written.add(
                new Written(
                    names.route(bucket), names.clearedKey(bucket), generation::hasTokenOf)));
    return ReplicaAcknowledgement.ask(executor, "clear of " + names, written, replicas, timeout);
  }
}
