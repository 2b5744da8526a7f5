package io.yokedcache.metrics.statsd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.yokedcache.metrics.CacheEvents;
import io.yokedcache.metrics.source.OperationNames;
import io.yokedcache.metrics.source.StatsDStatistics;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The lines of single operations. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
final class StatsDOperationObserverTest {

  private static final Duration SOON = Duration.ofSeconds(20);

  @Test
  void completed_withoutCacheTags_isTheSeedsLines() throws IOException {
    try (UdpReceiver receiver = UdpReceiver.start()) {
      StatsDCollector collector = to(receiver).prefix("myapp.cache").useTags(true).build();
      StatsDOperationObserver observer =
          StatsDOperationObserver.withoutCacheTags(collector, "m", "c");
      observer.completed("get", 1, 0, 0, 0, 2_000_000);
      observer.completed("get", 0, 1, 0, 0, 1_500_000);
      observer.completed("put", 0, 0, 1, 0, 5_000_000);
      observer.completed("remove", 0, 0, 0, 1, -1);
      observer.failed("get", "timeout");
      collector.close();

      assertLines(
          receiver,
          "myapp.cache.gets:1|c|#result:hit",
          "myapp.cache.operation_duration:0.002|h|#operation:get",
          "myapp.cache.gets:1|c|#result:miss",
          "myapp.cache.operation_duration:0.0015|h|#operation:get",
          "myapp.cache.sets:1|c",
          "myapp.cache.operation_duration:0.005|h|#operation:put",
          "myapp.cache.deletes:1|c",
          "myapp.cache.operation_duration:0|h|#operation:remove",
          "myapp.cache.errors:1|c|#error_type:timeout,operation:get");
    }
  }

  @Test
  void completed_pythonNames_putIsSet() throws IOException {
    try (UdpReceiver receiver = UdpReceiver.start()) {
      StatsDCollector collector =
          to(receiver)
              .prefix("myapp.cache")
              .useTags(true)
              .operationNames(OperationNames.PYTHON)
              .build();
      StatsDOperationObserver observer =
          StatsDOperationObserver.withoutCacheTags(collector, "m", "c");
      observer.completed("put", 0, 0, 1, 0, 5_000_000);
      observer.failed("put", "timeout");
      collector.close();

      assertLines(
          receiver,
          "myapp.cache.sets:1|c",
          "myapp.cache.operation_duration:0.005|h|#operation:set",
          "myapp.cache.errors:1|c|#error_type:timeout,operation:set");
    }
  }

  @Test
  void completed_plain_foldsTagsAndSendsMilliseconds() throws IOException {
    try (UdpReceiver receiver = UdpReceiver.start()) {
      StatsDCollector collector = to(receiver).prefix("p").build();
      StatsDOperationObserver observer = StatsDOperationObserver.of(collector, "m", "a.b");
      observer.completed("getAll", 3, 2, 0, 0, 2_000_000);
      observer.counted(0, 0, 4, 5);
      observer.failed("invoke", "processor");
      collector.close();

      assertLines(
          receiver,
          "p.m.a_b.gets.hit:3|c",
          "p.m.a_b.gets.miss:2|c",
          "p.m.a_b.operation_duration.getAll:2|ms",
          "p.m.a_b.sets:4|c",
          "p.m.a_b.deletes:5|c",
          "p.m.a_b.errors.processor.invoke:1|c");
    }
  }

  @Test
  void completed_leftOutBySampling_isNeitherQueuedNorDropped() throws IOException {
    try (UdpReceiver receiver = UdpReceiver.start()) {
      StatsDCollector collector = to(receiver).sampleRate(1e-12).build();
      StatsDOperationObserver observer = StatsDOperationObserver.of(collector, "m", "c");
      for (int i = 0; i < 10_000; i++) {
        observer.completed("get", 1, 0, 0, 0, 1);
        observer.counted(1, 1, 1, 1);
      }
      collector.close();

      StatsDStatistics statistics = collector.statistics();
      assertThat(statistics.sentEvents() + statistics.droppedEvents()).isZero();
    }
  }

  @Test
  void completed_moreNamesThanThereAre_areSentAllTheSame() throws IOException {
    try (UdpReceiver receiver = UdpReceiver.start()) {
      StatsDCollector collector = to(receiver).useTags(true).build();
      StatsDOperationObserver observer = StatsDOperationObserver.of(collector, "m", "c");
      for (int i = 0; i < 600; i++) {
        observer.completed("o" + i, 0, 0, 0, 0, 1);
      }
      collector.close();

      await().atMost(SOON).until(() -> receiver.lines().size() == 600);
      assertThat(receiver.parsed())
          .extracting(line -> line.tags().get("operation"))
          .doesNotHaveDuplicates();
    }
  }

  /** Whoever reads another provider's MBeans has our jar alone. */
  @Test
  void withoutTheProvider_onlyTheObserverIsMissing() throws Exception {
    try (URLClassLoader loader = new WithoutProvider()) {
      for (Class<?> type :
          List.of(StatsDCollector.class, StatsDReporter.class, CacheEvents.class)) {
        Class<?> same = Class.forName(type.getName(), /* initialize= */ true, loader);
        // All types in signatures are looked up.
        assertThat(same.getDeclaredMethods()).isNotEmpty();
        assertThat(same.getClassLoader()).isSameAs(loader);
      }
      assertThatThrownBy(
              () ->
                  Class.forName(
                      StatsDOperationObserver.class.getName(), /* initialize= */ true, loader))
          .isInstanceOf(NoClassDefFoundError.class);
    }
  }

  private static StatsDBuilder to(UdpReceiver receiver) {
    return StatsDCollector.builder().host("127.0.0.1").port(receiver.port());
  }

  private static void assertLines(UdpReceiver receiver, String... lines) {
    await().atMost(SOON).untilAsserted(() -> assertThat(receiver.lines()).containsExactly(lines));
  }

  /** Loads the bridge anew, from the same place, and nothing of the provider. */
  private static final class WithoutProvider extends URLClassLoader {

    WithoutProvider() {
      super(
          new URL[] {StatsDCollector.class.getProtectionDomain().getCodeSource().getLocation()},
          StatsDOperationObserverTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (name.startsWith("io.yokedcache.jcache.")) {
        throw new ClassNotFoundException(name);
      }
      if (!name.startsWith("io.yokedcache.metrics.")) {
        return super.loadClass(name, resolve);
      }
      synchronized (getClassLoadingLock(name)) {
        Class<?> loaded = findLoadedClass(name);
        return loaded == null ? findClass(name) : loaded;
      }
    }
  }
}
