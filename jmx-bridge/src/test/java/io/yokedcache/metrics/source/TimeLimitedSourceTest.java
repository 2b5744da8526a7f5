package io.yokedcache.metrics.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

final class TimeLimitedSourceTest {

  private static final Duration LIMIT = Duration.ofMillis(100);

  /** Hangs until it is released; then it answers. */
  private static final class HangingSource implements CacheSource {
    private final CountDownLatch release = new CountDownLatch(1);
    private final AtomicInteger readings = new AtomicInteger();

    @Override
    public CacheReadings read() throws IOException {
      readings.incrementAndGet();
      boolean interrupted = false;
      while (release.getCount() > 0) {
        try {
          release.await();
        } catch (InterruptedException asIfItWereSocket) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      return CacheReadings.EMPTY;
    }
  }

  private final HangingSource hanging = new HangingSource();

  @Test
  void read_answers_whatTheSourceSays() throws Exception {
    CacheReadings readings =
        new CacheReadings(
            List.of(), List.of(new ConnectionReading("m", true, null, null, null, null, null)));
    try (TimeLimitedSource source = TimeLimitedSource.of("other", () -> readings, LIMIT)) {
      assertThat(source.read()).isEqualTo(readings);
      assertThat(source.readFigures()).isEqualTo(readings);
    }
  }

  @Test
  void read_sourceFails_itsFailure() {
    try (TimeLimitedSource source =
        TimeLimitedSource.of(
            "other",
            () -> {
              throw new IOException("refused");
            },
            LIMIT)) {
      assertThatThrownBy(source::read).isInstanceOf(IOException.class).hasMessage("refused");
    }
    try (TimeLimitedSource source =
        TimeLimitedSource.of(
            "other",
            () -> {
              throw new IllegalStateException("broken");
            },
            LIMIT)) {
      assertThatThrownBy(source::read)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("Cannot read other")
          .hasMessageContaining("broken");
    }
  }

  @Test
  void read_sourceHangs_failsInTimeThenAtOnceUntilItIsBack() throws Exception {
    try (TimeLimitedSource source = TimeLimitedSource.of("other", hanging, LIMIT)) {
      assertThatThrownBy(source::read)
          .isInstanceOf(IOException.class)
          .hasMessage("other has not answered within 100 ms");
      for (int i = 0; i < 100; i++) {
        assertThatThrownBy(source::read).hasMessageStartingWith("other has not answered for ");
      }
      assertThat(hanging.readings).hasValue(1);
      hanging.release.countDown();
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .ignoreExceptionsInstanceOf(IOException.class)
          .untilAsserted(() -> assertThat(source.read()).isEqualTo(CacheReadings.EMPTY));
    }
  }

  @Test
  void read_sourceNeverComesBack_isTriedAgainButNotWithoutEnd() {
    AtomicInteger lost = new AtomicInteger();
    try (TimeLimitedSource source =
        new TimeLimitedSource(
            "other", hanging, Duration.ofMillis(1), Duration.ofNanos(1), lost::incrementAndGet)) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(
              () -> {
                assertThatThrownBy(source::read).isInstanceOf(IOException.class);
                return lost.get() == 3 && hanging.readings.get() == 4;
              });
      for (int i = 0; i < 20; i++) {
        assertThatThrownBy(source::read).isInstanceOf(IOException.class);
      }
      assertThat(lost).hasValue(3);
      assertThat(hanging.readings).hasValue(4);
    } finally {
      hanging.release.countDown();
    }
  }

  @Test
  void begin_severalSources_readAtTheSameTime() throws Exception {
    CountDownLatch both = new CountDownLatch(2);
    CacheSource meeting =
        () -> {
          both.countDown();
          try {
            both.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return CacheReadings.EMPTY;
        };
    Duration limit = Duration.ofSeconds(20);
    try (TimeLimitedSource one = TimeLimitedSource.of("one", meeting, limit);
        TimeLimitedSource other = TimeLimitedSource.of("other", meeting, limit)) {
      TimeLimitedSource.Reading first = one.begin(Selection.ALL);
      TimeLimitedSource.Reading second = other.begin(Selection.ALL);
      assertThat(first.await()).isEqualTo(CacheReadings.EMPTY);
      assertThat(second.await()).isEqualTo(CacheReadings.EMPTY);
    }
  }

  @Test
  void read_closed() {
    TimeLimitedSource source =
        TimeLimitedSource.of("other", () -> CacheReadings.EMPTY, Duration.ofDays(1_000));
    source.close();
    source.close();
    assertThatThrownBy(source::read).hasMessage("Reading of other has been closed");
  }

  @Test
  void of_noTime() {
    assertThatThrownBy(() -> TimeLimitedSource.of("other", hanging, Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("The time limit must be positive, not PT0S");
  }
}
