package io.yokedcache.metrics.statsd;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.metrics.statsd.Event.Kind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** The bounded queue between callers and the sending thread. */
final class EventQueueTest {

  private static final Event EVENT = new Event(Kind.COUNTER, "m", 1, Map.of(), 1);

  private final Tally tally = new Tally();

  @Test
  void offer_full_dropsAndCounts() {
    EventQueue queue = new EventQueue(2, tally);
    for (int i = 0; i < 5; i++) {
      queue.offer(EVENT);
    }

    assertThat(queue.size()).isEqualTo(2);
    assertThat(dropped()).isEqualTo(3);
    assertThat(queue.poll()).isNotNull();
    queue.offer(EVENT);
    assertThat(queue.size()).isEqualTo(2);
    assertThat(dropped()).isEqualTo(3);
  }

  @Test
  void offerAll_isAllOrNothing() {
    EventQueue queue = new EventQueue(4, tally);

    assertThat(queue.offerAll(Collections.nCopies(3, EVENT))).isTrue();
    assertThat(queue.offerAll(Collections.nCopies(2, EVENT))).isFalse();
    assertThat(queue.offerAll(List.of(EVENT))).isTrue();
    assertThat(queue.size()).isEqualTo(4);
    assertThat(dropped()).isZero();
  }

  @Test
  void offerAll_moreThanFitAtAll_goesIntoTheEmptyQueueOnly() {
    EventQueue queue = new EventQueue(4, tally);

    assertThat(queue.offerAll(Collections.nCopies(9, EVENT))).isTrue();
    assertThat(queue.offerAll(Collections.nCopies(9, EVENT))).isFalse();
    assertThat(queue.size()).isEqualTo(9);
  }

  @Test
  void close_whileThreadsOffer_losesNoneUncounted() throws InterruptedException {
    int threads = 4;
    int each = 50_000;
    EventQueue queue = new EventQueue(1_000_000, tally);
    CountDownLatch halfway = new CountDownLatch(threads);
    List<Thread> all = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      Thread thread =
          new Thread(
              () -> {
                for (int i = 0; i < each; i++) {
                  queue.offer(EVENT);
                  if (i == each / 2) {
                    halfway.countDown();
                  }
                }
              });
      thread.start();
      all.add(thread);
    }
    int polled = 0;
    halfway.await();
    for (int i = 0; i < 1000; i++) {
      polled += queue.poll() == null ? 0 : 1;
    }
    queue.close();
    for (Thread thread : all) {
      thread.join();
    }

    assertThat(queue.poll()).isNull();
    assertThat(polled + dropped()).isEqualTo((long) threads * each);
  }

  private long dropped() {
    return tally.statistics(0).droppedEvents();
  }
}
