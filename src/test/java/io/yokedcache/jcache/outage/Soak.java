package io.yokedcache.jcache.outage;

import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.outage.FaultRun.Pace;
import io.yokedcache.jcache.outage.FaultRun.Report;
import io.yokedcache.jcache.outage.Target.Deployment;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.core.ConditionTimeoutException;

/**
 * Full load on one server with a fault every 20 seconds, after which all resources must be where
 * they were. System properties: {@code soak.minutes} (20), {@code soak.every-seconds} (20), {@code
 * soak.fault-seconds} (3), {@code soak.mode} (throw).
 */
final class Soak {

  private static final Duration SETTLING_BOUND = Duration.ofMinutes(2);
  private static final long HEAP_SLACK_BYTES = 8 << 20;

  private Soak() {}

  /** The resources of this JVM and of the server. */
  private record Resources(long heapBytes, int threads, long files, long connections, long keys) {

    static Resources now(Target target) {
      System.gc();
      AtomicLong connections = new AtomicLong();
      AtomicLong keys = new AtomicLong();
      target.onMasters(
          jedis -> {
            connections.addAndGet(jedis.clientList().lines().count());
            keys.addAndGet(jedis.dbSize());
          });
      String[] files = Path.of("/proc/self/fd").toFile().list();
      return new Resources(
          ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
          ManagementFactory.getThreadMXBean().getThreadCount(),
          files == null ? 0 : files.length,
          connections.get(),
          keys.get());
    }

    boolean isWithin(Resources base) {
      return heapBytes <= base.heapBytes + HEAP_SLACK_BYTES
          && threads <= base.threads
          && files <= base.files
          && connections <= base.connections
          && keys <= base.keys;
    }
  }

  /** Ends with code 1 if the resources have not come back to their base lines. */
  public static void main(String[] args) {
    Duration whole = Duration.ofMinutes(Integer.getInteger("soak.minutes", 20));
    Duration every = Duration.ofSeconds(Integer.getInteger("soak.every-seconds", 20));
    Duration fault = Duration.ofSeconds(Integer.getInteger("soak.fault-seconds", 3));
    boolean good;
    try (Target target = Target.start(Deployment.STANDALONE, FaultRun.JVMS);
        FaultRun run =
            new FaultRun(
                target,
                FaultBench.mode(System.getProperty("soak.mode", "throw"), Duration.ofSeconds(1)),
                new Pace(every.minus(fault), /* pauseNanos= */ 0))) {
      List<Fault> faults =
          Fault.ALL.stream()
              .filter(candidate -> candidate.deployments().contains(Deployment.STANDALONE))
              .toList();
      // The first round makes the connections and threads that stay.
      Report first = run.run(faults.get(0), fault);
      Resources base = Resources.now(target);
      System.out.println("base lines: " + base);
      System.out.println(Report.header());
      System.out.println(first);
      long end = System.nanoTime() + whole.toNanos();
      for (int i = 1; System.nanoTime() - end < 0; i++) {
        System.out.println(run.run(faults.get(i % faults.size()), fault));
        System.out.println(Resources.now(target));
      }
      try {
        await()
            .atMost(SETTLING_BOUND)
            .pollInterval(Duration.ofSeconds(1))
            .until(() -> Resources.now(target).isWithin(base));
        good = true;
      } catch (ConditionTimeoutException e) {
        good = false;
      }
      System.out.println(
          (good ? "back at the base lines: " : "NOT BACK: ") + Resources.now(target));
    }
    System.exit(good ? 0 : 1);
  }
}
