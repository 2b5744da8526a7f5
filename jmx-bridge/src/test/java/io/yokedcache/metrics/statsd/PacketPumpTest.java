package io.yokedcache.metrics.statsd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class PacketPumpTest {

  /** An error that cannot even be logged, as without memory. */
  private static final class UnspeakableError extends Error {

    private static final long serialVersionUID = 1;

    @Override
    public void printStackTrace(PrintStream log) {
      throw new OutOfMemoryError("as it should");
    }
  }

  @Test
  void run_sendingAndLoggingFail_sendsWhatComesLater() throws Exception {
    List<String> sent = new CopyOnWriteArrayList<>();
    AtomicInteger failures = new AtomicInteger();
    Transport failing =
        new Transport() {
          @Override
          public void send(Packet packet) {
            if (failures.incrementAndGet() <= 2) {
              throw new UnspeakableError();
            }
            sent.add(packet.text());
          }

          @Override
          public void stop() {}
        };
    Tally tally = new Tally();
    EventQueue queue = new EventQueue(10, tally);
    Deadline deadline = new Deadline();
    Thread pump =
        new Thread(
            new PacketPump(
                queue,
                new StatsDLineEncoder(StatsDFlavour.PLAIN, "", Map.of()),
                failing,
                tally,
                deadline,
                1_432));
    pump.start();

    await()
        .atMost(Duration.ofSeconds(20))
        .until(
            () -> {
              queue.offer(new Event(Event.Kind.COUNTER, "requests", 1, Map.of(), 1));
              return !sent.isEmpty();
            });

    assertThat(sent.get(0)).startsWith("requests:1|c");
    deadline.set(Duration.ofSeconds(1));
    pump.join(20_000);
    assertThat(pump.isAlive()).isFalse();
  }
}
