package io.yokedcache.jcache.internal.store.generation;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.Script;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.stream.IntStream;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;

/**
 * The generations of a cache as this JVM last saw them, one for each bucket. They may be old: each
 * operation verifies its generation in its round trip by {@link #verify}, and is repeated if
 * another one is current. To open a bucket is to read its generation from Redis, or to begin one if
 * there is none; to renew it is to begin another one.
 *
 * <p>Safe for use by several threads: each bucket is one atomic reference to an immutable {@link
 * Generation}; if two threads store different ones, the later wins, and the next verification
 * corrects it.
 */
public final class Generations {

  /**
   * The name of a cache, and the properties that all JVMs that share it must have in common.
   *
   * @param description its codecs, types and buckets, as a message quotes them
   * @param hasTags whether entries may have tags, which the description must tell
   */
  public record CacheIdentity(String cacheName, String description, boolean hasTags) {

    public CacheIdentity(String cacheName, String description) {
      this(cacheName, description, /* hasTags= */ false);
    }

    String fingerprint() {
      // One string for all caches of the same types.
      return Generation.fingerprint(description).intern();
    }
  }

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

  /** All buckets. */
  private final List<Integer> buckets;

  /** The scripts' argument that says whether a server must assume that there are subscribers. */
  private final byte[] assumed;

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
    this.buckets = IntStream.range(0, names.buckets()).boxed().toList();
    this.assumed = utf8(executor.isCluster() ? "1" : "0");
  }

  /** The numbers of all buckets. */
  public List<Integer> buckets() {
    return buckets;
  }

  /** Whether the entries may have tags. */
  public boolean hasTags() {
    return identity.hasTags();
  }

  /** The known generation of a bucket, else the one in Redis, else a new one. */
  public Generation current(int bucket) {
    Generation generation = known.get(bucket);
    return generation != null ? generation : open(bucket);
  }

  /** The generation of a bucket as this JVM last saw it, or {@code null}; asks no server. */
  public @Nullable Generation known(int bucket) {
    return known.get(bucket);
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
  public boolean isUnheard(int bucket, Generation generation, long nowNanos) {
    return !generation.hasListeners() && mayTell && nowNanos - seenNanos.get(bucket) < trustNanos;
  }

  /** Reads every generation, and returns whether a JVM listens to any bucket. */
  public boolean isHeard() {
    return open(buckets);
  }

  /** Opens every bucket. */
  public void openAll() {
    boolean unused = open(buckets);
  }

  /** Opens some buckets, though their generations may be known. */
  public void openAgain(Collection<Integer> some) {
    boolean unused = open(List.copyOf(some));
  }

  /** Opens those of some buckets whose generations are not known. */
  public void openUnknown(List<KeySpace.Bucket> some) {
    List<Integer> unknown = List.of();
    for (KeySpace.Bucket bucket : some) {
      if (known.get(bucket.number()) == null) {
        unknown = unknown.isEmpty() ? new ArrayList<>() : unknown;
        unknown.add(bucket.number());
      }
    }
    if (!unknown.isEmpty()) {
      boolean unused = open(unknown);
    }
  }

  /**
   * Begins a new generation in every bucket.
   *
   * @param begun takes the new generations by bucket
   * @return the tokens of the old generations that had entries
   */
  public Set<String> renewAll(Map<Integer, Generation> begun) {
    return renewAndNote(buckets, begun);
  }

  /** Begins a new generation in some buckets. */
  public void renew(Collection<Integer> some) {
    Set<String> unused = renewAndNote(List.copyOf(some), new HashMap<>());
  }

  /**
   * Begins a new generation in some buckets, as {@link #renew(Collection)} does, and deletes the
   * generations of those that have other codecs or types.
   */
  public void renewOrDelete(Collection<Integer> some) {
    List<Integer> all = List.copyOf(some);
    List<@Nullable Object> replies = sendRenewals(all, new HashSet<>());
    List<Request> deletions = new ArrayList<>(0);
    for (int i = 0; i < all.size(); i++) {
      int bucket = all.get(i);
      if (!renewed(bucket, replies.get(i))) {
        if (present(bucket, replies.get(i)) == null) {
          throw unreadable(bucket);
        }
        deletions.add(deletion(bucket));
      }
    }
    String operation = describe("destroy");
    executor.executeAll(deletions).forEach(reply -> executor.checked(operation, reply.get(0)));
  }

  /**
   * Asks the master of a bucket for its generation.
   *
   * @throws RedisUnavailableException if it does not answer
   */
  public void ask(int bucket) {
    Bytes route = names.route(bucket);
    CommandArguments read = new CommandArguments(Command.GET).add(route);
    Object unused = executor.command(describe("clear"), route, /* idempotent= */ true, read);
  }

  private Set<String> renewAndNote(List<Integer> some, Map<Integer, Generation> begun) {
    Set<String> ended = new HashSet<>();
    List<@Nullable Object> replies = sendRenewals(some, ended);
    for (int i = 0; i < some.size(); i++) {
      int bucket = some.get(i);
      if (!(replies.get(i) instanceof List<?> both) || both.size() != 2) {
        throw unreadable(bucket);
      }
      begun.put(bucket, adopt(bucket, content(both.get(0), bucket), null));
      if (both.get(1) instanceof byte[] token && token.length > 0) {
        ended.add(Generation.token(token));
      }
    }
    return ended;
  }

  /**
   * Begins new generations, even if the first connections are lost. Then it is not known which
   * buckets have new ones, so all are renewed again. Each attempt has other tokens: if the first
   * attempt reached Redis and another JVM has cleared since, its token must not come back.
   *
   * @param ended gets the tokens of the generations that a lost attempt may have ended
   */
  private List<@Nullable Object> sendRenewals(List<Integer> some, Set<String> ended) {
    for (int attempt = 1; ; attempt++) {
      try {
        List<@Nullable Object> replies =
            executor.callAll(describe("clear"), some.stream().map(this::renewal).toList());
        if (attempt > 1) {
          // A lost renewal would end this generation if it were executed late.
          List<Bytes> routes = some.stream().map(names::route).toList();
          boolean unused = executor.endLostConnections(describe("clear"), routes);
        }
        return replies;
      } catch (RedisUnavailableException e) {
        if (e.kind() != RedisUnavailableException.Kind.CONNECTION_LOST || attempt == MAX_ATTEMPTS) {
          throw e;
        }
        // Where the lost attempt succeeded, the next one ends its generation and not this one.
        for (int bucket : some) {
          Generation before = known.get(bucket);
          if (before != null && !before.isUnwritten()) {
            ended.add(before.tokenText());
          }
        }
      }
    }
  }

  /** The call that begins a new generation of a bucket, each time another one. */
  public Script.Call renewal(int bucket) {
    return call(RENEW, bucket, List.of(names.channel(), assumed));
  }

  /** Whether a token is the last one that this JVM has seen in a bucket. */
  public boolean isKnown(int bucket, @Nullable String token) {
    Generation generation = known.get(bucket);
    return generation != null && generation.tokenText().equals(token);
  }

  /**
   * Takes the reply to {@link #renewal}; the next operation reads the generation otherwise.
   *
   * @return whether the new generation has begun; false also if the bucket has other codecs or
   *     types
   */
  public boolean renewed(int bucket, @Nullable Object reply) {
    Generation generation = present(bucket, reply);
    boolean isOurs = generation != null && generation.fingerprint().equals(fingerprint);
    known.set(bucket, isOurs ? generation : null);
    return isOurs;
  }

  /** The generation that a renewal has begun, or has left since it is of another application. */
  private @Nullable Generation present(int bucket, @Nullable Object reply) {
    return reply instanceof List<?> both && !both.isEmpty() && both.get(0) instanceof byte[] raw
        ? Generation.parse(raw, names, bucket)
        : null;
  }

  /** Forgets the known generations, so that the next operation reads them from Redis. */
  public void forgetAll() {
    for (int bucket = 0; bucket < names.buckets(); bucket++) {
      known.set(bucket, null);
    }
  }

  /** Deletes every bucket's generation. */
  public void deleteAll() {
    String operation = describe("destroy");
    List<Request> requests = new ArrayList<>(names.buckets());
    buckets.forEach(bucket -> requests.add(deletion(bucket)));
    try {
      executor.executeAll(requests).forEach(reply -> executor.checked(operation, reply.get(0)));
    } finally {
      forgetAll();
    }
  }

  /** The request that deletes a bucket's generation, whatever its codecs and types are. */
  public Request deletion(int bucket) {
    CommandArguments delete =
        new CommandArguments(Command.DEL)
            .add(names.generationKey(bucket))
            .add(names.aboutKey(bucket))
            .add(names.tagsKey(bucket));
    return new Request(
        describe("destroy"), names.route(bucket), /* idempotent= */ true, List.of(delete));
  }

  /** Registers in every bucket that this JVM listens to changes, for the time of a lease. */
  public void listenAll(boolean oldValues, Duration lease) {
    List<byte[]> more =
        List.of(
            utf8(oldValues ? "o" : "v"), utf8(Long.toString(lease.toMillis())), names.channel());
    List<@Nullable Object> replies = callAll("listen", LISTEN, buckets, more);
    for (int bucket : buckets) {
      adopt(bucket, content(replies.get(bucket), bucket), null);
    }
  }

  private Generation open(int bucket) {
    Object reply =
        executor.call(describe("open"), call(OPEN, bucket, List.of(names.channel(), assumed)));
    return opened(bucket, parts(bucket, reply));
  }

  /** Opens some buckets in one round trip, and returns whether a JVM listens to one of them. */
  private boolean open(List<Integer> some) {
    List<@Nullable Object> replies = callAll("open", OPEN, some, List.of(names.channel(), assumed));
    boolean heard = false;
    for (int i = 0; i < replies.size(); i++) {
      int bucket = some.get(i);
      List<?> parts = parts(bucket, replies.get(i));
      opened(bucket, parts);
      heard |= Long.valueOf(1).equals(parts.get(3));
    }
    return heard;
  }

  private List<?> parts(int bucket, @Nullable Object reply) {
    if (!(reply instanceof List<?> parts) || parts.size() != 4) {
      throw unreadable(bucket);
    }
    return parts;
  }

  private Generation opened(int bucket, List<?> parts) {
    mayTell = !Long.valueOf(0).equals(parts.get(2));
    byte[] about = parts.get(1) instanceof byte[] bytes ? bytes : null;
    return adopt(bucket, content(parts.get(0), bucket), about);
  }

  /** Calls a script for each of some buckets, all in one round trip. */
  private List<@Nullable Object> callAll(
      String operation, Script script, List<Integer> some, List<byte[]> more) {
    return executor.callAll(
        describe(operation), some.stream().map(bucket -> call(script, bucket, more)).toList());
  }

  private Script.Call call(Script script, int bucket, List<byte[]> more) {
    List<byte[]> arguments = new ArrayList<>(4);
    arguments.add(Generation.create(fingerprint));
    arguments.add(utf8(identity.description()));
    arguments.addAll(more);
    byte[] generation = names.generationKey(bucket);
    byte[] about = names.aboutKey(bucket);
    return script.call(
        script == RENEW && hasTags()
            ? List.of(generation, about, names.tagsKey(bucket))
            : List.of(generation, about),
        arguments);
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

  /** The content of a generation key, which a script has returned. */
  private byte[] content(@Nullable Object reply, int bucket) {
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

  /** An operation of this cache, as messages name it. */
  String describe(String operation) {
    return operation + " on cache " + identity.cacheName();
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
