package io.yokedcache.jcache.internal.near;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.internal.metrics.NearCacheStatistics;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.store.EntryStore.StoredValue;
import io.yokedcache.jcache.internal.store.generation.Generation;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Which copies are kept, used and dropped. */
final class NearCacheTest {

  private static final Bytes KEY = Bytes.utf8("key");
  private static final Generation NOW = generation();
  private static final StoredValue FOUND = new StoredValue(Bytes.utf8("value"), -1, NOW);
  private static final long LONG = TimeUnit.HOURS.toNanos(1);

  private static Generation generation() {
    return requireNonNull(
        Generation.parse(Generation.create("finger-8"), new KeySpace("yc", "near", 1), 0));
  }

  /** Like a codec of strings: what begins with {@code #} has no name but its bytes. */
  private static Object name(Bytes key) {
    String text = new String(key.array(), StandardCharsets.UTF_8);
    return text.startsWith("#") ? key : text;
  }

  private final NearCache<String> near =
      new NearCache<>(new Settings.NearCache(true, 100, null, null, null), 1, NearCacheTest::name);

  private final Tracking tracking = new Tracking();

  private <V> NearCache<V> heard(NearCache<V> near) {
    near.follow(bucket -> new Source(tracking, () -> 0, 0));
    tracking.freshUntil(System.nanoTime() + LONG);
    near.count(true);
    return near;
  }

  private void keep(String key) {
    near.keep(near.ticket(Bytes.utf8(key)), FOUND, "value", NearCache.ALWAYS_YOUNG);
  }

  @Test
  void keep_copyIsFoundByItsName() {
    heard(near);
    keep("key");
    keep("#key");

    assertThat(requireNonNull(near.get("key")).value()).isEqualTo("value");
    assertThat(near.get(KEY)).isNull();
    assertThat(near.get(Bytes.utf8("#key"))).isNotNull();
    assertThat(near.get("#key")).isNull();
  }

  @Test
  void keep_withoutValue_keepsTheBytes() {
    heard(near);
    near.keep(near.ticket(KEY), FOUND, null, NearCache.ALWAYS_YOUNG);

    NearEntry<String> copy = requireNonNull(near.get("key"));
    assertThat(copy.value()).isNull();
    assertThat(copy.bytes()).isEqualTo(FOUND.value());
    assertThat(copy.sizeBytes()).isEqualTo(8);
  }

  @Test
  void get_changesAreNotHeard_noCopyIsUsedOrKept() {
    keep("key");
    heard(near);
    assertThat(near.get("key")).isNull();

    keep("key");
    assertThat(near.get("key")).isNotNull();
    tracking.lost();
    assertThat(near.get("key")).isNull();
    heard(near);
    assertThat(near.get("key")).isNotNull();
    tracking.freshUntil(System.nanoTime() - 1);
    assertThat(near.get("key")).isNull();
  }

  @Test
  void invalidate_dropsTheCopy_andWhatIsBeingRead() {
    heard(near);
    for (String key : new String[] {"key", "#key"}) {
      Bytes bytes = Bytes.utf8(key);
      Object name = name(bytes);
      keep(key);
      Ticket ticket = near.ticket(bytes);
      near.invalidate(bytes);
      assertThat(near.get(name)).isNull();

      near.keep(ticket, FOUND, "value", NearCache.ALWAYS_YOUNG);
      assertThat(near.get(name)).isNull();
      keep(key);
      assertThat(near.get(name)).isNotNull();
    }
  }

  @Test
  void flush_dropsAllCopies_andWhatIsBeingRead() {
    heard(near);
    keep("key");
    Ticket ticket = near.ticket(KEY);
    near.flush();
    assertThat(near.get("key")).isNull();

    near.keep(ticket, FOUND, "value", NearCache.ALWAYS_YOUNG);
    assertThat(near.get("key")).isNull();
  }

  private StoredValue of(Generation generation) {
    return new StoredValue(FOUND.value(), -1, generation);
  }

  /** Listeners of other JVMs renew their leases in the generation's key. */
  @Test
  void doubt_sameGeneration_copiesAreUsedAgainAfterARead() {
    heard(near);
    keep("key");
    Ticket before = near.ticket(Bytes.utf8("other"));
    near.onGenerationChange(/* bucket= */ 0);
    assertThat(near.get("key")).isNull();
    near.keep(before, FOUND, "value", NearCache.ALWAYS_YOUNG); // says nothing of what came after it
    assertThat(near.get("key")).isNull();

    keep("third");
    assertThat(near.get("key")).isNotNull();
    assertThat(near.get("other")).isNotNull();
    assertThat(near.read().flushes()).isZero();
  }

  @Test
  void doubt_otherGeneration_dropsAllCopies() {
    heard(near);
    keep("key");
    near.onGenerationChange(/* bucket= */ 0);
    near.keep(near.ticket(Bytes.utf8("other")), of(generation()), "value", NearCache.ALWAYS_YOUNG);

    assertThat(near.get("key")).isNull();
    assertThat(near.get("other")).isNotNull();
    assertThat(near.read().entries()).isEqualTo(1);
    assertThat(near.read().flushes()).isEqualTo(1);
  }

  @Test
  void keep_readThatCameLate_leavesNoCopyOfTheOldGeneration() {
    heard(near);
    keep("key");
    Ticket late = near.ticket(Bytes.utf8("late"));
    near.keep(near.ticket(KEY), of(generation()), "new", NearCache.ALWAYS_YOUNG);

    near.keep(late, FOUND, "value", NearCache.ALWAYS_YOUNG);

    assertThat(near.get("late")).isNull();
    assertThat(requireNonNull(near.get("key")).value()).isEqualTo("new");
  }

  /** The cleaner unlinks a million of them. */
  @Test
  void hear_deadGeneration_dropsNothing() {
    heard(near);
    keep("key");
    Ticket ticket = near.ticket(Bytes.utf8("other"));
    near.onInvalidation(0, generation().tokenText(), KEY);
    assertThat(near.read().invalidations()).isZero();
    near.onInvalidation(7, NOW.tokenText(), KEY); // of a bucket whose generation is not known yet
    assertThat(near.read().invalidations()).isEqualTo(1);
    near.keep(ticket, FOUND, "value", NearCache.ALWAYS_YOUNG);

    assertThat(near.get("key")).isNotNull();
    assertThat(near.get("other")).isNotNull();
  }

  /** The reader that is the first to see a generation knows nothing of changes before. */
  @Test
  void hear_generationThatIsNotKnownYet_whatIsBeingReadLeavesNoCopy() {
    heard(near);
    Generation next = generation();
    Ticket ticket = near.ticket(KEY);
    near.onInvalidation(0, next.tokenText(), KEY);
    near.keep(ticket, of(next), "old", NearCache.ALWAYS_YOUNG);
    assertThat(near.get("key")).isNull();

    near.keep(near.ticket(KEY), of(next), "new", NearCache.ALWAYS_YOUNG);
    assertThat(near.get("key")).isNotNull();
    near.onInvalidation(0, next.tokenText(), KEY);
    assertThat(near.get("key")).isNull();
  }

  /** The near cache of a cache with four buckets, of which every second has another server. */
  private static final class TwoServers {

    private final KeySpace names = new KeySpace("yc", "near", 4);
    private final Tracking[] tracking = {new Tracking(), new Tracking()};
    private final AtomicLong version = new AtomicLong();
    private final NearCache<String> near =
        new NearCache<>(
            new Settings.NearCache(true, 100, null, null, null), 4, NearCacheTest::name);
    private final Generation[] generations = new Generation[4];

    /** Five keys for each bucket, by bucket. */
    private final List<List<String>> keys =
        IntStream.range(0, 4)
            .mapToObj(
                bucket ->
                    IntStream.range(0, 1_000)
                        .mapToObj(i -> "key-" + i)
                        .filter(key -> KeySpace.bucketOf(Bytes.utf8(key), 4) == bucket)
                        .limit(5)
                        .toList())
            .toList();

    TwoServers() {
      for (int bucket = 0; bucket < 4; bucket++) {
        renew(bucket);
      }
      follow();
      heard(0);
      heard(1);
      near.count(true);
    }

    void renew(int bucket) {
      generations[bucket] =
          requireNonNull(Generation.parse(Generation.create("finger-8"), names, bucket));
    }

    void follow() {
      long now = version.get();
      near.follow(bucket -> new Source(tracking[bucket % 2], version::get, now));
    }

    void heard(int server) {
      tracking[server].freshUntil(System.nanoTime() + LONG);
    }

    Generation generation(String key) {
      return generations[KeySpace.bucketOf(Bytes.utf8(key), 4)];
    }

    Ticket ticket(String key) {
      return near.ticket(Bytes.utf8(key));
    }

    void keep(Ticket ticket, String key) {
      near.keep(
          ticket,
          new StoredValue(FOUND.value(), -1, generation(key)),
          "value",
          NearCache.ALWAYS_YOUNG);
    }

    void keepAll() {
      keys.forEach(inBucket -> inBucket.forEach(key -> keep(ticket(key), key)));
    }

    String key(int bucket) {
      return keys.get(bucket).get(0);
    }

    /** The buckets whose near entries are used. */
    Set<Integer> used() {
      Set<Integer> used = new TreeSet<>();
      for (int bucket = 0; bucket < 4; bucket++) {
        if (keys.get(bucket).stream().anyMatch(key -> near.get(key) != null)) {
          used.add(bucket);
        }
      }
      return used;
    }
  }

  @Test
  void serverIsLost_onlyItsBucketsAreConcerned() {
    TwoServers servers = new TwoServers();
    servers.keepAll();
    assertThat(servers.used()).containsExactly(0, 1, 2, 3);

    servers.tracking[1].lost();
    assertThat(servers.used()).containsExactly(0, 2);
    servers.near.flush(servers.tracking[1]);
    servers.heard(1);
    assertThat(servers.used()).containsExactly(0, 2);
    servers.keepAll();
    assertThat(servers.used()).containsExactly(0, 1, 2, 3);
  }

  @Test
  void otherServer_onlyItsBucketsAreDropped_andReadsUnderWayLeaveNoCopy() {
    TwoServers servers = new TwoServers();
    servers.keepAll();
    String key = servers.key(1);
    Ticket before = servers.ticket(key);
    servers.tracking[1] = new Tracking();
    servers.heard(1);
    servers.follow();

    servers.keep(before, key);
    assertThat(servers.near.get(key)).isNull();
    assertThat(servers.used()).containsExactly(0, 2);
  }

  /** A value of a server that tells nobody of its changes, as the target of an ASK redirect. */
  @Test
  void redirected_leavesNoCopy_untilTheSlotsWereReadAgain() {
    TwoServers servers = new TwoServers();
    servers.keepAll();
    Ticket before = servers.ticket("more");
    servers.version.incrementAndGet();
    servers.keep(before, "more");
    servers.keep(servers.ticket("more"), "more");
    assertThat(servers.near.get("more")).isNull();
    assertThat(servers.used()).containsExactly(0, 1, 2, 3);

    // Nor is the generation verified: the one that was read may be another server's.
    servers.near.onGenerationChange(0);
    servers.keepAll();
    assertThat(servers.used()).containsExactly(1, 2, 3);

    Ticket redirected = servers.ticket("more");
    servers.follow();
    servers.keep(redirected, "more");
    assertThat(servers.near.get("more")).isNull();
    servers.keep(servers.ticket("more"), "more");
    assertThat(servers.near.get("more")).isNotNull();
    servers.keepAll();
    assertThat(servers.used()).containsExactly(0, 1, 2, 3);
  }

  @Test
  void generationChange_onlyItsBucketWaitsForARead() {
    TwoServers servers = new TwoServers();
    servers.keepAll();
    servers.near.onGenerationChange(2);
    assertThat(servers.used()).containsExactly(0, 1, 3);
    servers.keepAll();
    assertThat(servers.used()).containsExactly(0, 1, 2, 3);

    servers.renew(2);
    servers.near.onGenerationChange(2);
    servers.keep(servers.ticket(servers.key(2)), servers.key(2));
    for (String key : servers.keys.get(2).subList(1, 5)) {
      assertThat(servers.near.get(key)).isNull();
    }
    assertThat(servers.used()).containsExactly(0, 1, 2, 3);
  }

  @Test
  void clearByAnotherJvm_dropsTheCopiesOfAllBuckets() {
    TwoServers servers = new TwoServers();
    servers.keepAll();
    for (int bucket = 0; bucket < 4; bucket++) {
      servers.renew(bucket);
      servers.near.onGenerationChange(bucket);
    }
    assertThat(servers.used()).isEmpty();
    servers.keepAll();
    assertThat(servers.used()).containsExactly(0, 1, 2, 3);
    assertThat(servers.near.read().entries()).isEqualTo(20);
  }

  /** A reader that found a copy before an invalidation and asks after the next ping. */
  @Test
  void tracking_afterAGap_isNotFreshForReadersFromBefore() {
    tracking.freshUntil(System.nanoTime() - 1);
    long looked = System.nanoTime();
    assertThat(tracking.isFresh(looked)).isFalse();
    await().until(() -> System.nanoTime() > looked);
    tracking.freshUntil(System.nanoTime() + LONG);
    assertThat(tracking.isFresh(looked)).isFalse();
    assertThat(tracking.isFresh(System.nanoTime())).isTrue();

    long again = System.nanoTime();
    await().until(() -> System.nanoTime() > again);
    tracking.freshUntil(System.nanoTime() + 2 * LONG); // no gap
    assertThat(tracking.isFresh(again)).isTrue();
  }

  @Test
  void find_afterTheDeadline_none() {
    NearCache<String> brief =
        heard(
            new NearCache<>(
                new Settings.NearCache(true, 100, null, Duration.ofMinutes(1), null),
                1,
                NearCacheTest::name));
    tracking.freshUntil(System.nanoTime() + 2 * LONG);
    Ticket ticket = brief.ticket(KEY);
    brief.keep(
        ticket,
        new StoredValue(FOUND.value(), TimeUnit.DAYS.toMillis(1), NOW),
        "value",
        NearCache.ALWAYS_YOUNG);
    long minute = TimeUnit.MINUTES.toNanos(1);
    assertThat(brief.find("key", ticket.startNanos() + minute - 1)).isNotNull();
    assertThat(brief.find("key", ticket.startNanos() + minute)).isNull();

    ticket = brief.ticket(KEY);
    brief.keep(ticket, new StoredValue(FOUND.value(), 1_000, NOW), "value", NearCache.ALWAYS_YOUNG);
    long second = TimeUnit.SECONDS.toNanos(1);
    assertThat(brief.find("key", ticket.startNanos() + second - 1)).isNotNull();
    assertThat(brief.find("key", ticket.startNanos() + second)).isNull();
  }

  @Test
  void maxBytes_boundTheEncodedForms_whetherValuesAreSharedOrNot() {
    for (String value : new String[] {"", null}) {
      NearCache<String> small =
          heard(
              new NearCache<>(
                  new Settings.NearCache(true, 1, 10_000L, null, null), 1, NearCacheTest::name));
      StoredValue large = new StoredValue(Bytes.of(new byte[1_000 - 160 - 3]), -1, NOW);
      for (int i = 100; i < 200; i++) {
        small.keep(small.ticket(Bytes.utf8("" + i)), large, value, NearCache.ALWAYS_YOUNG);
      }
      assertThat(small.read().entries()).isEqualTo(10);
      StoredValue tooLarge = new StoredValue(Bytes.of(new byte[10_001]), -1, NOW);
      small.keep(small.ticket(KEY), tooLarge, value, NearCache.ALWAYS_YOUNG);
      assertThat(small.get("key")).isNull();
    }
  }

  @Test
  void read_countsWhileStatisticsAreOn() {
    keep("key");
    near.get("key");
    near.onInvalidation(0, NOW.tokenText(), KEY);
    near.flush();
    assertThat(near.read()).isEqualTo(new NearCacheStatistics(0, 0, 0, 0, 0, 0, 0));

    heard(near);
    keep("key");
    keep("other");
    near.get("key");
    near.get("key");
    near.get("none");
    near.find("none", System.nanoTime());
    near.find("key", System.nanoTime());
    near.used();
    near.onInvalidation(0, NOW.tokenText(), Bytes.utf8("other"));
    near.invalidate(KEY);
    near.get("key");
    Ticket ticket = near.ticket(KEY);
    near.flush();
    near.keep(ticket, FOUND, "value", NearCache.ALWAYS_YOUNG);
    keep("key");
    assertThat(near.read()).isEqualTo(new NearCacheStatistics(3, 2, 1, 1, 1, 0, 1));

    near.count(false);
    near.get("key");
    assertThat(near.read()).isEqualTo(new NearCacheStatistics(3, 2, 1, 1, 1, 0, 1));
  }
}
