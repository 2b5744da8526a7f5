package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.Script;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;

/**
 * The generations of a cache as this JVM last saw them, one for each bucket. They may be old: each
 * operation verifies its generation in its round trip by {@link #verify}, and is repeated if
 * another one is current.
 *
 * <p>Safe for use by several threads: each bucket is one atomic reference to an immutable {@link
 * Generation}; if two threads store different ones, the later wins, and the next verification
 * corrects it.
 */
public final class Generations {

  private static final Script OPEN =
      new Script(Generations.class, "open.lua", /* idempotent= */ true);
  private static final Script RENEW =
      new Script(Generations.class, "renew.lua", /* idempotent= */ false);
  private static final Script LISTEN =
      new Script(Generations.class, "listen.lua", /* idempotent= */ true);

  /** The number of attempts of a renewal whose connections are lost. */
  private static final int MAX_ATTEMPTS = 3;

  private final RedisExecutor executor;
  private final KeySpace names;
  private final CacheIdentity identity;
  private final String fingerprint;
  private final long trustNanos;
  private final AtomicReferenceArray<@Nullable Generation> known;
  private final AtomicLongArray seenNanos;

  /**
   * Whether this user may publish changes. If not, each write checks whether a JVM listens: after a
   * plain write it would be too late to refuse the write.
   */
  private volatile boolean mayTell = true;

  public Generations(
      RedisExecutor executor, KeySpace names, CacheIdentity identity, Duration trust) {
    this.executor = executor;
    this.names = names;
    this.identity = identity;
    this.fingerprint = identity.fingerprint();
    this.trustNanos = trust.toNanos();
    this.known = new AtomicReferenceArray<>(names.buckets());
    this.seenNanos = new AtomicLongArray(names.buckets());
  }

  /** The known generation of a bucket, else the one in Redis, else a new one. */
  public Generation current(int bucket) {
    Generation generation = known.get(bucket);
    return generation != null ? generation : open(bucket);
  }

  /**
   * Compares the generation that an operation used with the content of the generation key.
   *
   * @param raw the content of the generation key, or {@code null} if there is none
   * @return whether the operation saw the current entries; if not, it must be repeated
   */
  boolean verify(int bucket, Generation used, byte @Nullable [] raw) {
    if (raw == null) {
      known.compareAndSet(bucket, used, null);
      return false;
    }
    if (used.is(raw)) {
      noteSeen(bucket);
      return true;
    }
    adopt(bucket, raw, null);
    return used.hasTokenOf(raw);
  }

  /**
   * Whether it is certain that no other JVM listens to changes. A generation that was read is
   * trusted for a short time only, and the registration of a first listener takes at least that
   * long.
   */
  boolean isUnheard(int bucket, Generation generation, long nowNanos) {
    return !generation.hasListeners() && mayTell && nowNanos - seenNanos.get(bucket) < trustNanos;
  }

  /** Reads every generation, and returns whether a JVM listens to any bucket. */
  public boolean isHeard() {
    boolean heard = false;
    for (int bucket = 0; bucket < names.buckets(); bucket++) {
      heard |= open(bucket).hasListeners();
    }
    return heard;
  }

  /** Opens every bucket. */
  public void openAll() {
    for (int bucket = 0; bucket < names.buckets(); bucket++) {
      open(bucket);
    }
  }

  /**
   * Begins a new generation in every bucket.
   *
   * @return the tokens of the old generations that had entries
   */
  Set<String> renewAll() {
    Set<String> ended = new HashSet<>();
    for (int bucket = 0; bucket < names.buckets(); bucket++) {
      if (!(renew(bucket, ended) instanceof List<?> both) || both.size() != 2) {
        throw unreadable(bucket);
      }
      adopt(bucket, reply(both.get(0), bucket), null);
      if (both.get(1) instanceof byte[] token && token.length > 0) {
        ended.add(Generation.token(token));
      }
    }
    return ended;
  }

  /**
   * Begins a new generation, even if the first connections are lost. Each attempt has another
   * token: if the first attempt reached Redis and another JVM has cleared since, its token must not
   * come back.
   */
  private @Nullable Object renew(int bucket, Set<String> ended) {
    for (int attempt = 1; ; attempt++) {
      try {
        return executor.call(describe("clear"), renewal(bucket));
      } catch (RedisUnavailableException e) {
        if (e.kind() != RedisUnavailableException.Kind.CONNECTION_LOST || attempt == MAX_ATTEMPTS) {
          throw e;
        }
        // If the lost attempt succeeded, the next one ends its generation and not this one.
        Generation before = known.get(bucket);
        if (before != null && !before.isUnwritten()) {
          ended.add(before.tokenText());
        }
      }
    }
  }

  /** The call that begins a new generation of a bucket, each time another one. */
  Script.Call renewal(int bucket) {
    return call(RENEW, bucket, List.of(names.channel()));
  }

  /** Whether a token is the last one that this JVM has seen in a bucket. */
  boolean isKnown(int bucket, @Nullable String token) {
    Generation generation = known.get(bucket);
    return generation != null && generation.tokenText().equals(token);
  }

  /** Forgets the known generation of a bucket, so that the next operation reads it from Redis. */
  void forget(int bucket) {
    known.set(bucket, null);
  }

  /** Forgets the known generations, so that the next operation reads them from Redis. */
  public void forgetAll() {
    for (int bucket = 0; bucket < names.buckets(); bucket++) {
      known.set(bucket, null);
    }
  }

  /** Deletes every bucket's generation. */
  void deleteAll() {
    for (int bucket = 0; bucket < names.buckets(); bucket++) {
      byte[] key = names.generationKey(bucket);
      executor.command(
          describe("destroy"),
          Bytes.of(key),
          /* idempotent= */ true,
          new CommandArguments(Command.DEL).add(key).add(names.aboutKey(bucket)));
      known.set(bucket, null);
    }
  }

  /** Registers in every bucket that this JVM listens to changes, for the time of a lease. */
  public void listenAll(boolean oldValues, Duration lease) {
    List<byte[]> more =
        List.of(
            utf8(oldValues ? "o" : "v"), utf8(Long.toString(lease.toMillis())), names.channel());
    for (int bucket = 0; bucket < names.buckets(); bucket++) {
      byte[] raw = reply(executor.call(describe("listen"), call(LISTEN, bucket, more)), bucket);
      adopt(bucket, raw, null);
    }
  }

  private Generation open(int bucket) {
    Object reply = executor.call(describe("open"), call(OPEN, bucket, List.of(names.channel())));
    if (!(reply instanceof List<?> both) || both.size() != 3) {
      throw unreadable(bucket);
    }
    mayTell = !Long.valueOf(0).equals(both.get(2));
    byte[] about = both.get(1) instanceof byte[] bytes ? bytes : null;
    return adopt(bucket, reply(both.get(0), bucket), about);
  }

  private Script.Call call(Script script, int bucket, List<byte[]> more) {
    List<byte[]> arguments = new ArrayList<>(4);
    arguments.add(Generation.create(fingerprint));
    arguments.add(utf8(identity.description()));
    arguments.addAll(more);
    return script.call(List.of(names.generationKey(bucket), names.aboutKey(bucket)), arguments);
  }

  private Generation adopt(int bucket, byte[] raw, byte @Nullable [] about) {
    Generation generation = Generation.parse(raw, names, bucket);
    if (generation == null) {
      throw unreadable(bucket);
    }
    if (!generation.fingerprint().equals(fingerprint)) {
      throw new CacheException(
          "Cache %s on %s belongs to an application that uses it differently: it has %s, this one has [%s]. Use the same codecs and types, another cache name, another yokedcache.namespace, or destroy the old cache."
              .formatted(
                  identity.cacheName(),
                  executor.address(),
                  description(bucket, about),
                  identity.description()));
    }
    seenNanos.set(bucket, System.nanoTime());
    known.set(bucket, generation);
    return generation;
  }

  /** The description of the cache by another application, read from Redis if necessary. */
  private String description(int bucket, byte @Nullable [] known) {
    byte[] about = known;
    if (about == null) {
      byte[] key = names.aboutKey(bucket);
      CommandArguments command = new CommandArguments(Command.GET).add(key);
      Object reply =
          executor.command(describe("open"), Bytes.of(key), /* idempotent= */ true, command);
      about = reply instanceof byte[] text ? text : null;
    }
    return about == null
        ? "other codecs, types or buckets"
        : "[" + new String(about, StandardCharsets.UTF_8) + "]";
  }

  private void noteSeen(int bucket) {
    long now = System.nanoTime();
    // Rarely written, since every thread reads it.
    if (now - seenNanos.get(bucket) > trustNanos / 4) {
      seenNanos.set(bucket, now);
    }
  }

  private byte[] reply(@Nullable Object reply, int bucket) {
    if (reply instanceof byte[] raw) {
      return raw;
    }
    throw unreadable(bucket);
  }

  private CacheException unreadable(int bucket) {
    return new CacheException(
        "Key %s on %s is not a generation of cache %s: another application uses the same names. Set yokedcache.namespace."
            .formatted(
                new String(names.generationKey(bucket), StandardCharsets.US_ASCII),
                executor.address(),
                identity.cacheName()));
  }

  private String describe(String operation) {
    return operation + " on cache " + identity.cacheName();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
