package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.yokedcache.jcache.internal.embedded.EmbeddedServers;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.settings.SettingsLoader;
import java.net.URI;
import java.time.Duration;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** A manager that cannot be made leaves nothing behind. */
final class ManagerFailureIT {

  private static final URI EMBEDDED = URI.create("embedded:redis");

  @Test
  void constructor_fails() {
    Set<Long> before = children();
    Settings settings = impossible(SettingsLoader.load(EMBEDDED, loader(), new Properties()));

    assertThatThrownBy(
            () ->
                new YokedCacheManager(
                    new YokedCachingProvider(),
                    new YokedCacheManager.Identity(EMBEDDED, loader(), new Properties()),
                    settings,
                    new EmbeddedServers()))
        .isInstanceOf(ArithmeticException.class)
        .hasNoSuppressedExceptions();

    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> assertThat(children()).isEqualTo(before));
  }

  private static ClassLoader loader() {
    return ManagerFailureIT.class.getClassLoader();
  }

  /**
   * Settings that no file can say: a pass of the cleaner after more time than there are numbers.
   */
  private static Settings impossible(Settings settings) {
    return new Settings(
        settings.embedded(),
        settings.connection(),
        settings.namespace(),
        settings.buckets(),
        settings.serialization(),
        settings.events(),
        new Settings.StaleEntries(
            /* enabled= */ true,
            Duration.ZERO,
            Duration.ofSeconds(Long.MAX_VALUE),
            /* pageSize= */ 1,
            1.0),
        settings.keyStatistics(),
        settings.health(),
        settings.failOver(),
        settings.operationBeans(),
        settings.maxOperationBeans(),
        settings.nearStaleness(),
        settings.replicaLag(),
        settings.definedCaches(),
        settings.caches(),
        settings.groups(),
        settings.files());
  }

  private static Set<Long> children() {
    return ProcessHandle.current().children().map(ProcessHandle::pid).collect(Collectors.toSet());
  }
}
