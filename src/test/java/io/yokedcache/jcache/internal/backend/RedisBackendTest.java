package io.yokedcache.jcache.internal.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.redis.breaker.NodeBreaker;
import io.yokedcache.jcache.internal.redis.health.HealthCheck;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.settings.SettingsLoader;
import io.yokedcache.jcache.spi.CredentialsProvider;
import java.net.URI;
import java.util.Properties;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RedisBackendTest {

  private static final AtomicInteger closed = new AtomicInteger();

  private final ScheduledExecutorService running = Executors.newScheduledThreadPool(1);

  @AfterEach
  void stop() {
    running.shutdownNow();
  }

  /** Of an application. */
  public static final class Provider implements CredentialsProvider {

    @Override
    public Credentials credentials() {
      return new Credentials(/* user= */ null, "secret");
    }

    @Override
    public void close() {
      closed.incrementAndGet();
    }
  }

  /** No server is asked: each fails when it begins its tasks. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "redis://127.0.0.1:1",
        "redis-sentinel://127.0.0.1:1/main",
        "redis-cluster://127.0.0.1:1"
      })
  void create_fails_closesTheProviderOfCredentials(String uri) {
    Properties properties = new Properties();
    properties.setProperty("yokedcache.connection.credentials.provider", Provider.class.getName());
    Settings settings =
        SettingsLoader.load(URI.create(uri), getClass().getClassLoader(), properties);
    ScheduledExecutorService ended = Executors.newScheduledThreadPool(1);
    ended.shutdownNow();
    closed.set(0);

    assertThatExceptionOfType(RejectedExecutionException.class)
        .isThrownBy(
            () ->
                new RedisBackend(
                    settings,
                    getClass().getClassLoader(),
                    new RedisBackend.Schedulers(running, ended, running, running),
                    new BackgroundErrors(),
                    new NoListener()));

    assertThat(closed).hasValue(1);
  }

  private static final class NoListener implements HealthCheck.Listener {

    @Override
    public void lost(String reason) {}

    @Override
    public void restored() {}

    @Override
    public void changed(NodeBreaker.Change change) {}
  }
}
