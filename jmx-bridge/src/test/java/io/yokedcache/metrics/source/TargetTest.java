package io.yokedcache.metrics.source;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.metrics.source.CacheSource.Selection;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

final class TargetTest {

  private static final Duration LIMIT = Duration.ofMillis(100);

  /** For sources that answer, however busy the machine is. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

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
            List.of(),
            List.of(
                new ConnectionReading(
                    "m", true, null, null, null, null, null, Map.of(), List.of())));
    try (Target source = Target.of("other", () -> readings, PATIENCE)) {
      assertThat(source.read()).isEqualTo(readings);
      assertThat(source.read(Selection.FIGURES)).isEqualTo(readings);
    }
  }

  @Test
  void read_sourceFails_itsFailure() {
    try (Target source =
        Target.of(
            "other",
            () -> {
              throw new IOException("refused");
            },
            PATIENCE)) {
      assertThatThrownBy(source::read).isInstanceOf(IOException.class).hasMessage("refused");
    }
    try (Target source =
        Target.of(
            "other",
            () -> {
              throw new IllegalStateException("broken");
            },
            PATIENCE)) {
      assertThatThrownBy(source::read)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("its reading failed: ")
          .hasMessageContaining("broken");
    }
  }

  @Test
  void read_sourceHangs_failsInTimeThenAtOnceUntilItIsBack() throws Exception {
    try (Target source = Target.of("other", hanging, LIMIT)) {
      assertThatThrownBy(source::read)
          .isInstanceOf(IOException.class)
          .hasMessage("it has not answered within 100 ms");
      for (int i = 0; i < 100; i++) {
        assertThatThrownBy(source::read).hasMessageStartingWith("it has not answered for ");
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
    try (Target source =
        new Target(
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

  /** As without memory for another thread: who asks several targets gets the others. */
  @Test
  void begin_cannotBegin_failsAsTheSourceWould() {
    try (Target source =
        new Target(
            "other",
            hanging,
            Duration.ofMillis(1),
            Duration.ofNanos(1),
            () -> {
              throw new OutOfMemoryError("as it should");
            })) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(
              () -> {
                Target.Outcome outcome = source.begin(Selection.ALL).await();
                return String.valueOf(outcome.error()).contains("could not begin");
              });
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
    try (Target one = Target.of("one", meeting, limit);
        Target other = Target.of("other", meeting, limit)) {
      Target.Reading first = one.begin(Selection.ALL);
      Target.Reading second = other.begin(Selection.ALL);
      assertThat(first.await().readings()).isEqualTo(CacheReadings.EMPTY);
      assertThat(second.await().readings()).isEqualTo(CacheReadings.EMPTY);
    }
  }

  @Test
  void read_closed() {
    Target source = Target.of("other", () -> CacheReadings.EMPTY, Duration.ofDays(1_000));
    source.close();
    source.close();
    assertThatThrownBy(source::read).hasMessage("its readings have been closed");
  }

  @Test
  void of_noTime() {
    assertThatThrownBy(() -> Target.of("other", hanging, Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("The time limit must be positive, not PT0S");
  }

  @Test
  void begin_whileAReadingRuns_sharesIt() {
    try (Target target = Target.of("t", hanging, Duration.ofSeconds(20))) {
      Target.Reading first = target.begin(Selection.ALL);
      assertThat(first.await(Duration.ZERO).error()).startsWith("it has not answered for");
      Target.Reading second = target.begin(Selection.FIGURES);
      hanging.release.countDown();
      assertThat(second.await().startNanos()).isEqualTo(first.await().startNanos());
      assertThat(hanging.readings).hasValue(1);
      assertThat(target.beginOrRecent(Selection.ALL).await().isUp()).isTrue();
      assertThat(hanging.readings).hasValueLessThanOrEqualTo(2);
    }
  }

  @Test
  void begin_aReadingOfLessRuns_readsBesideIt() {
    try (Target target = Target.of("t", hanging, Duration.ofSeconds(20))) {
      Target.Reading figures = target.begin(Selection.FIGURES);
      Target.Reading all = target.begin(Selection.ALL);
      Target.Reading anew = target.beginAnew(Selection.ALL);
      hanging.release.countDown();
      assertThat(figures.await().isUp()).isTrue();
      assertThat(all.await().isUp()).isTrue();
      assertThat(anew.await().isUp()).isTrue();
      assertThat(hanging.readings).hasValue(3);
    }
  }

  @Test
  void beginOrRecent_later_readsAnew() {
    try (Target target = Target.of("t", () -> CacheReadings.EMPTY, Duration.ofSeconds(20))) {
      Target.Outcome first = target.beginOrRecent(Selection.ALL).await();
      assertThat(first.error()).isNull();
      Awaitility.await()
          .atMost(Duration.ofSeconds(20))
          .until(
              () -> target.beginOrRecent(Selection.ALL).await().startNanos() > first.startNanos());
    }
  }

  @Test
  void await_downFromTheStart_isToldOnce_andOnceThatItIsBack() {
    AtomicBoolean isDown = new AtomicBoolean(true);
    CacheSource source =
        () -> {
          if (isDown.get()) {
            throw new IOException("connection refused");
          }
          return CacheReadings.EMPTY;
        };
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(new PrintStream(log, /* autoFlush= */ true, UTF_8));
    try (Target target = Target.of("gone", source, Duration.ofSeconds(20))) {
      for (int i = 0; i < 5; i++) {
        assertThat(target.beginAnew(Selection.ALL).await().isUp()).isFalse();
      }
      isDown.set(false);
      for (int i = 0; i < 5; i++) {
        assertThat(target.beginAnew(Selection.ALL).await().isUp()).isTrue();
      }
    } finally {
      System.setErr(before);
    }
    assertThat(log.toString(UTF_8).lines().filter(line -> line.contains("caches of gone")))
        .satisfiesExactly(
            away -> assertThat(away).contains("Cannot read", "connection refused"),
            back -> assertThat(back).contains("can be read again"));
  }

  @Test
  void begin_whenItHasEnded_readsAnew() {
    AtomicInteger reads = new AtomicInteger();
    CacheSource counting =
        () -> {
          reads.incrementAndGet();
          return CacheReadings.EMPTY;
        };
    try (Target target = Target.of("t", counting, Duration.ofSeconds(20))) {
      for (int i = 1; i <= 20; i++) {
        assertThat(target.begin(Selection.ALL).await().isUp()).isTrue();
        assertThat(reads).hasValue(i);
      }
    }
  }

  @Test
  void await_sourceFails_withAnErrorThatIsCountedOnce() {
    CacheSource failing =
        () -> {
          throw new StackOverflowError("deep");
        };
    try (Target target = Target.of("", failing, Duration.ofSeconds(20))) {
      Target.Reading reading = target.begin(Selection.ALL);
      assertThat(reading.await().error()).contains("its reading failed", "deep");
      assertThat(reading.await().errors()).isEqualTo(1);
      assertThat(target.begin(Selection.ALL).await().errors()).isEqualTo(2);
      assertThat(Target.of("", target, LIMIT)).isSameAs(target);
    }
  }
}
