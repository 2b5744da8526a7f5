package io.yokedcache.jcache.internal.near;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.store.EntryStore.StoredValue;
import io.yokedcache.jcache.internal.store.generation.Generation;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import io.yokedcache.jcache.testing.Interleavings;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Readers that leave copies while others change entries and clear the cache: when everything was
 * heard, no copy is older than Redis.
 */
final class NearCacheInterleavingsTest {

  private static final Bytes TAG = Bytes.utf8("tag");
  private static final Bytes KEY = Bytes.utf8("key");
  private static final KeySpace NAMES = new KeySpace("yc", "near", 1);
  private static final Generation FIRST = generation("AAAAAAAAAAAA");
  private static final Generation SECOND = generation("BBBBBBBBBBBB");

  private static Generation generation(String token) {
    Generation generation =
        Generation.parse(Bytes.utf8(token + "finger-8").array(), NAMES, /* bucket= */ 0);
    if (generation == null) {
      throw new IllegalStateException(token);
    }
    return generation;
  }

  /** What Redis holds: a generation, and the entry's value in it, if there is one. */
  private record Content(Generation generation, @Nullable String value) {}

  /** Redis with one entry, and a near cache that is told of its changes a moment later. */
  private static final class Redis {

    private volatile Content content = new Content(FIRST, "old");
    private final NearCache<String> near =
        new NearCache<>(new Settings.NearCache(true, 100, null, null, null), 1, key -> "key");

    private final List<Bytes> tags;

    Redis(Bytes... tags) {
      this.tags = List.of(tags);
      Tracking tracking = new Tracking();
      near.follow(bucket -> new Source(tracking, () -> 0, 0));
      tracking.freshUntil(System.nanoTime() + TimeUnit.HOURS.toNanos(1));
    }

    /** As a reader does that found no copy. */
    void read() {
      Ticket ticket = near.ticket(KEY);
      Content read = content;
      if (read.value != null) {
        near.keep(
            ticket,
            new StoredValue(Bytes.utf8(read.value), -1, read.generation, tags),
            read.value,
            NearCache.ALWAYS_YOUNG);
      }
    }

    void write(String value) {
      Generation generation = content.generation;
      content = new Content(generation, value);
      near.onInvalidation(0, generation.tokenText(), KEY);
    }

    void clear() {
      content = new Content(SECOND, null);
      near.onGenerationChange(/* bucket= */ 0);
    }

    void invalidateTag() {
      content = new Content(content.generation, null);
      near.onTagInvalidation(TAG);
    }

    void renewLease() {
      near.onGenerationChange(/* bucket= */ 0);
    }

    void checkNothingIsOld() {
      NearEntry<String> copy = near.find("key", System.nanoTime());
      String value = content.value;
      Interleavings.check(
          copy == null || (copy.value() != null && copy.value().equals(value)),
          "the copy is what Redis holds");
    }
  }

  @Test
  void write_whileTwoRead() {
    Interleavings.some(
        () -> {
          Redis redis = new Redis();
          Thread reader = Interleavings.start(redis::read);
          Thread other = Interleavings.start(redis::read);
          redis.write("new");
          Interleavings.join(reader, other);
          redis.checkNothingIsOld();
        });
  }

  @Test
  void clearAndWrite_whileOneReads() {
    Interleavings.some(
        () -> {
          Redis redis = new Redis();
          redis.read();
          Thread reader =
              Interleavings.start(
                  () -> {
                    redis.read();
                    redis.read();
                  });
          redis.clear();
          redis.write("one");
          redis.write("two");
          Interleavings.join(reader);
          redis.checkNothingIsOld();
          redis.read();
          redis.checkNothingIsOld();
        });
  }

  @Test
  void invalidateTag_whileTwoRead() {
    Interleavings.some(
        () -> {
          Redis redis = new Redis(TAG);
          Thread reader = Interleavings.start(redis::read);
          Thread other = Interleavings.start(redis::read);
          redis.invalidateTag();
          Interleavings.join(reader, other);
          redis.checkNothingIsOld();
          redis.write("new");
          redis.read();
          redis.checkNothingIsOld();
        });
  }

  @Test
  void leaseAndClear_whileTwoRead() {
    Interleavings.some(
        () -> {
          Redis redis = new Redis();
          redis.read();
          Thread reader = Interleavings.start(redis::read);
          Thread other = Interleavings.start(redis::read);
          redis.renewLease();
          redis.clear();
          redis.write("new");
          Interleavings.join(reader, other);
          redis.checkNothingIsOld();
        });
  }

  @Test
  void connectionLost_whileOneReads() {
    Interleavings.some(
        () -> {
          Redis redis = new Redis();
          Thread reader = Interleavings.start(redis::read);
          redis.content = new Content(FIRST, "not heard");
          redis.near.flush(); // as soon as changes are heard again
          Interleavings.join(reader);
          redis.checkNothingIsOld();
        });
  }
}
