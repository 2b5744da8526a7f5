package io.yokedcache.jcache.internal.remote;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.cache.CacheException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;

/**
 * Checks, once for each master and in the background, whether it publishes the expiry of keys.
 * Without it, listeners for expired entries are not called.
 */
final class ExpiryNotices {

  private static final Logger logger = LoggerFactory.getLogger(ExpiryNotices.class);
  private static final String OPERATION = "look for keyspace notifications";
  private static final String SETTING = "notify-keyspace-events";
  private static final String CURE =
      "Set notify-keyspace-events to Ex (redis.conf, CONFIG SET, or the parameter group of a hosted server), or yokedcache.events.expired to false";

  private final RedisExecutor executor;
  private final AtomicBoolean planned = new AtomicBoolean();

  /** The addresses of the masters that were checked. */
  private final Set<String> checked = ConcurrentHashMap.newKeySet();

  ExpiryNotices(RedisExecutor executor) {
    this.executor = executor;
  }

  /** Checks the masters that were not checked, and warns of each that publishes no expiry. */
  void check(ScheduledExecutorService background) {
    if (planned.compareAndSet(false, true)) {
      try {
        background.execute(this::look);
      } catch (RejectedExecutionException closing) {
        logger.debug("The notifications of expired keys are not checked: the manager is closed");
      }
    }
  }

  private void look() {
    planned.set(false); // first: a later request plans another check
    try {
      for (RedisExecutor master : executor.masters()) {
        if (checked.add(master.address())) {
          look(master);
        }
      }
    } catch (CacheException e) {
      logger.warn(
          "It is not known whether listeners for expired entries are called. {}. {}",
          CURE,
          e.getMessage());
    }
  }

  private void look(RedisExecutor master) {
    Object reply =
        master.command(
            OPERATION,
            Bytes.utf8(SETTING),
            /* idempotent= */ true,
            new CommandArguments(Command.CONFIG).add("GET").add(SETTING));
    String value =
        reply instanceof List<?> pair && pair.size() == 2 && pair.get(1) instanceof byte[] raw
            ? new String(raw, StandardCharsets.US_ASCII)
            : "";
    if (!tells(value)) {
      logger.warn(
          "Listeners for expired entries are not called: {} of Redis on {} is \"{}\". {}",
          SETTING,
          master.address(),
          value,
          CURE);
    }
  }

  /** Whether key-event notifications are on for expiry or for all events. */
  static boolean tells(String value) {
    return value.contains("E") && (value.contains("x") || value.contains("A"));
  }
}
