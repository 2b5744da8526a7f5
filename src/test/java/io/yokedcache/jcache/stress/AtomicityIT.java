package io.yokedcache.jcache.stress;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisDeployment;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.cache.Cache;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Four JVMs of four threads each contend on one Redis: no update may get lost or count twice. With
 * {@code -Dredis.deployment=cluster} or {@code sentinel} the long tests run there.
 */
final class AtomicityIT {

  private static final int WORKERS = 4;
  private static final int THREADS = 4;
  private static final Duration TIMEOUT = Duration.ofMinutes(5);

  private static RedisDeployment redis;

  @BeforeAll
  static void startRedis() {
    redis = RedisDeployment.start();
  }

  @AfterAll
  static void stopRedis() {
    redis.close();
  }

  @Test
  void invoke_fourJvms() throws Exception {
    Crew crew = new Crew(WORKERS, THREADS, 12_500);

    List<WorkerReport> reports = run(redis, Workload.INCREMENT, crew);

    assertThat(reports).allMatch(report -> report.successes() == crew.operationsPerWorker());
    assertCounters(redis, Workload.INCREMENT, crew, reports);
  }

  @Test
  void invoke_fourJvmsOnCluster() throws Exception {
    Crew crew = new Crew(WORKERS, THREADS, 500);
    try (RedisDeployment cluster = RedisDeployment.start("cluster")) {
      List<WorkerReport> reports = run(cluster, Workload.INCREMENT, crew);

      assertThat(reports).allMatch(report -> report.successes() == crew.operationsPerWorker());
      assertCounters(cluster, Workload.INCREMENT, crew, reports);
    }
  }

  @Test
  void replace_fourJvms() throws Exception {
    Crew crew = new Crew(WORKERS, THREADS, 2_000);

    List<WorkerReport> reports = run(redis, Workload.REPLACE, crew);

    assertThat(reports).allMatch(report -> report.successes() == crew.operationsPerWorker());
    assertCounters(redis, Workload.REPLACE, crew, reports);
  }

  @Test
  void putIfAbsent_fourJvms() throws Exception {
    Crew crew = new Crew(WORKERS, THREADS, 5_000);

    List<WorkerReport> reports = run(redis, Workload.ELECTION, crew);

    int elections = crew.operationsPerThread();
    assertThat(reports.stream().mapToLong(WorkerReport::successes).sum()).isEqualTo(elections);
    assertThat(reports.stream().mapToLong(WorkerReport::checksum).sum())
        .as("every election has one winner")
        .isEqualTo(IntStream.range(0, elections).asLongStream().sum());
    Map<Integer, Long> winsByWorker = new HashMap<>();
    for (long owner : values(redis, Workload.ELECTION, elections)) {
      winsByWorker.merge(Math.toIntExact(owner), 1L, Long::sum);
    }
    assertThat(reports)
        .as("the cache has the winners' values")
        .allMatch(report -> winsByWorker.getOrDefault(report.worker(), 0L) == report.successes());
  }

  /** Runs the JVMs, checks that each did its share, and prints at what speed. */
  private static List<WorkerReport> run(RedisDeployment servers, Workload workload, Crew crew)
      throws Exception {
    List<WorkerReport> reports;
    try (JvmPool pool =
        JvmPool.start(
            crew.workers(),
            StressWorker.class,
            index ->
                Stream.concat(
                        Stream.of(servers.uri().toString(), workload.name(), String.valueOf(index)),
                        crew.toArguments().stream())
                    .toList())) {
      reports = pool.await(TIMEOUT).stream().map(WorkerReport::parse).toList();
    }
    assertThat(reports)
        .extracting(WorkerReport::worker)
        .containsExactlyElementsOf(IntStream.range(0, crew.workers()).boxed().toList());
    assertThat(reports).allMatch(report -> report.operations() == crew.operationsPerWorker());
    assertThat(reports).allMatch(report -> report.attempts() >= report.operations());
    print(workload, crew, reports);
    return reports;
  }

  /** Checks the counters in the cache, and that every step of each was reported to one thread. */
  private static void assertCounters(
      RedisDeployment servers, Workload workload, Crew crew, List<WorkerReport> reports) {
    List<Long> values = values(servers, workload, Workload.KEYS);

    assertThat(values.stream().mapToLong(Long::longValue).sum()).isEqualTo(crew.operations());
    assertThat(reports.stream().mapToLong(WorkerReport::checksum).sum())
        .as("results 1, 2, ... n of every key, each given once")
        .isEqualTo(values.stream().mapToLong(n -> n * (n + 1) / 2).sum());
  }

  private static List<Long> values(RedisDeployment servers, Workload workload, int keys) {
    try (StressCaches caches = StressCaches.open(servers.uri().toString(), workload)) {
      Cache<String, Long> cache = caches.values();
      return IntStream.range(0, keys).mapToObj(Workload::key).map(cache::get).toList();
    }
  }

  private static void print(Workload workload, Crew crew, List<WorkerReport> reports) {
    long millis = reports.stream().mapToLong(WorkerReport::millis).max().orElseThrow();
    long retries =
        reports.stream().mapToLong(report -> report.attempts() - report.operations()).sum();
    System.out.printf(
        "%s: %d JVMs x %d threads, %d operations in %d ms (%d a second), %d retries, wins %s%n",
        workload,
        crew.workers(),
        crew.threads(),
        crew.operations(),
        millis,
        crew.operations() * 1000 / Math.max(1, millis),
        retries,
        reports.stream().map(WorkerReport::successes).toList());
  }
}
