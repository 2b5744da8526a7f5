package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.replica.ReplicaReader;
import io.yokedcache.jcache.internal.store.generation.Generation;
import io.yokedcache.jcache.internal.store.generation.Generations;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import io.yokedcache.jcache.internal.store.keys.KeySpace.Bucket;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;

/**
 * Reads from replicas. A value counts only under the token that this JVM knows from the master: a
 * replica's generation is neither adopted nor taken as a sign of listeners. Safe for use by several
 * threads.
 */
final class ReplicaReads {

  private final StoredCache cache;
  private final ReplicaReader reader;
  private final KeySpace names;
  private final Generations generations;
  private final ValueSizes sizes;
  private final OwnChanges changes;
  private final LongAdder served = new LongAdder();
  private final LongAdder fallbacks = new LongAdder();

  ReplicaReads(StoredCache cache, ReplicaReader reader, ValueSizes sizes) {
    this.cache = cache;
    this.reader = reader;
    this.names = cache.names();
    this.generations = cache.generations();
    this.sizes = sizes;
    this.changes = new OwnChanges(reader.maxLagNanos());
  }

  /** Observes the changes of this JVM. */
  ChangeObserver changes() {
    return changes;
  }

  /** A read of entries of one bucket, under the token that this JVM knows. */
  private record Read(Generation known, List<Integer> places, Request request) {}

  /** How many entries replicas have served. */
  long served() {
    return served.sum();
  }

  /** For how many entries the master was asked instead. */
  long fallbacks() {
    return fallbacks.sum();
  }

  /** Counts entries for which the master is asked at once. */
  void leaveToMaster(int count) {
    fallbacks.add(count);
  }

  /** The values that replicas have; {@code null} for the keys that the master must be asked for. */
  List<@Nullable Bytes> read(List<Bytes> keys) {
    List<@Nullable Bytes> values = readAll(keys);
    int found = 0;
    for (Bytes value : values) {
      found += value == null ? 0 : 1;
    }
    served.add(found);
    leaveToMaster(values.size() - found);
    return values;
  }

  private List<@Nullable Bytes> readAll(List<Bytes> keys) {
    List<@Nullable Bytes> values = new ArrayList<>(Collections.nCopies(keys.size(), null));
    if (keys.size() == 1) {
      Read read = prepare(new Bucket(names.bucketOf(keys.get(0)), new int[] {0}), keys);
      if (read != null) {
        take(read, reader.execute(read.request), values);
      }
      return values;
    }
    for (int from = 0; from < keys.size(); from += cache.batchSize()) {
      int to = Math.min(from + cache.batchSize(), keys.size());
      readBatch(keys.subList(from, to), values.subList(from, to));
    }
    return values;
  }

  private void readBatch(List<Bytes> keys, List<@Nullable Bytes> values) {
    List<Read> reads = new ArrayList<>();
    for (Bucket bucket : names.byBucket(keys, key -> key)) {
      Read read = prepare(bucket, keys);
      if (read != null) {
        reads.add(read);
      }
    }
    List<@Nullable List<@Nullable Object>> replies =
        reader.executeAll(reads.stream().map(Read::request).toList());
    for (int i = 0; i < reads.size(); i++) {
      take(reads.get(i), replies.get(i), values);
    }
  }

  /** Makes the read of some keys' entries that replicas can be asked for, if any. */
  private @Nullable Read prepare(Bucket bucket, List<Bytes> keys) {
    Generation generation = generations.known(bucket.number());
    if (generation == null) {
      return null;
    }
    long now = System.nanoTime();
    Bytes generationKey = names.route(bucket.number());
    CommandArguments command = new CommandArguments(Command.MGET).add(generationKey);
    List<Integer> asked = new ArrayList<>(bucket.places().length);
    for (int place : bucket.places()) {
      Bytes key = keys.get(place);
      if (!changes.isRecent(key, now)) {
        asked.add(place);
        command.add(Bytes.of(KeySpace.entryKey(generation.entryPrefix(), key)));
      }
    }
    if (asked.isEmpty()) {
      return null;
    }
    Request request =
        new Request(
            cache.nameOfGet(keys),
            generationKey,
            /* idempotent= */ false, // the master is asked next
            List.of(command),
            sizes.expected(asked.size()));
    return new Read(generation, asked, request);
  }

  private void take(
      Read asked, @Nullable List<@Nullable Object> replies, List<@Nullable Bytes> values) {
    if (replies == null
        || !(replies.get(0) instanceof List<?> flat)
        || !(flat.get(0) instanceof byte[] token)
        || !asked.known.hasTokenOf(token)) {
      return;
    }
    for (int i = 0; i < asked.places.size(); i++) {
      values.set(
          asked.places.get(i), flat.get(i + 1) instanceof byte[] value ? sizes.read(value) : null);
    }
  }

  /**
   * When this JVM changed a key, or another one of the same hash. Replicas may not have the change
   * yet, so such keys are read from the master. Safe for use by several threads: each time is one
   * atomic number.
   */
  private static final class OwnChanges implements ChangeObserver {

    private static final int CELLS = 4096;

    private final long recentNanos;
    private final AtomicLongArray changedNanos = new AtomicLongArray(CELLS);

    OwnChanges(long recentNanos) {
      this.recentNanos = recentNanos;
      long longAgo = System.nanoTime() - 2 * recentNanos;
      for (int i = 0; i < CELLS; i++) {
        changedNanos.set(i, longAgo);
      }
    }

    private static int cell(Bytes key) {
      int hash = key.hashCode();
      return (hash ^ (hash >>> 16)) & (CELLS - 1);
    }

    boolean isRecent(Bytes key, long nowNanos) {
      return nowNanos - changedNanos.get(cell(key)) <= recentNanos;
    }

    @Override
    public void beforeChange(Bytes key) {
      changedNanos.set(cell(key), System.nanoTime());
    }

    @Override
    public void beforeUntrackedChange(Bytes key) {
      beforeChange(key);
    }

    @Override
    public void afterChange(Bytes key) {
      beforeChange(key);
    }
  }
}
