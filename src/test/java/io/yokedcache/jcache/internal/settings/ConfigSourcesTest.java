package io.yokedcache.jcache.internal.settings;

import static io.yokedcache.jcache.internal.settings.ConfigText.environment;
import static io.yokedcache.jcache.internal.settings.ConfigText.load;
import static io.yokedcache.jcache.internal.settings.ConfigText.properties;
import static io.yokedcache.jcache.internal.settings.ConfigText.system;
import static io.yokedcache.jcache.internal.settings.ConfigText.write;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.settings.Settings.Deployment.Kind;
import io.yokedcache.jcache.testing.ConnectionSettings;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ConfigSourcesTest {

  private static final URI SERVER = URI.create("redis://code:1");

  @TempDir private Path directory;

  @Test
  void load_nothing_reference() {
    Settings settings = load(null, null, ConfigText.NOTHING);

    assertThat(settings.embedded()).isNull();
    assertThat(settings.connection())
        .isEqualTo(ConnectionSettings.standalone("localhost", 6379).build());
    assertThat(settings.namespace()).isEqualTo("yc");
    assertThat(settings.buckets()).isEqualTo(1);
    assertThat(settings.serialization())
        .isEqualTo(
            new SerializationSettings(
                List.of(),
                List.of("hibernate", "kotlin", "spring"),
                64,
                100_000,
                1 << 24,
                8 << 20));
    assertThat(settings.events())
        .isEqualTo(
            new Settings.Events(
                Duration.ofSeconds(30), Duration.ofMillis(50), 16_384, 16 << 20, true));
    assertThat(settings.staleEntries())
        .isEqualTo(
            new Settings.StaleEntries(
                true, Duration.ofSeconds(5), Duration.ofHours(1), 1000, 0.25));
    assertThat(settings.failOver())
        .isEqualTo(
            new Settings.FailOver(
                10_000, Duration.ofSeconds(60), /* waitReplicas= */ 0, Duration.ofMillis(500)));
    assertThat(settings.health()).isEqualTo(new Settings.Health(Duration.ofSeconds(10)));
    assertThat(settings.definedCaches()).isEmpty();
  }

  @Test
  void load_layers_higherWins() throws IOException {
    Path classPath = directory.resolve("classpath");
    assertThat(classPath.toFile().mkdir()).isTrue();
    write(
        classPath,
        "yokedcache.conf",
        """
        yokedcache.connection { user = own, password = own, client-name = own }
        yokedcache.connection.command-timeout = 1ms
        yokedcache.connection.pool { size = 1, wait = 1ms }
        yokedcache.namespace = own
        """);
    URI file =
        write(
            directory,
            "file.conf",
            """
            yokedcache.uri = "redis://of-the-uri@file?pool-size=5"
            yokedcache.connection { password = file, client-name = file, command-timeout = 2ms }
            yokedcache.connection.pool { size = 2, wait = 2ms }
            """);
    Properties properties =
        properties(
            "yokedcache.connection.password", "properties",
            "yokedcache.connection.command-timeout", "3ms",
            "yokedcache.connection.pool.size", "3",
            "yokedcache.connection.pool.wait", "3ms",
            "hibernate.anything", "else");
    EnvironmentAndProperties environment =
        new EnvironmentAndProperties(
            Map.of("YOKEDCACHE_PASSWORD", "environment"),
            Map.of("yokedcache.connection.pool.wait", "6ms", "java.anything", "else"));

    try (URLClassLoader loader = loader(classPath)) {
      Settings settings = new ConfigSources(environment, loader).load(file, properties);

      assertThat(settings.namespace()).isEqualTo("own");
      assertThat(settings.connection())
          .isEqualTo(
              ConnectionSettings.standalone("file", 6379)
                  .user("of-the-uri", "environment")
                  .clientName("file")
                  .commandTimeout(Duration.ofMillis(3))
                  .pool(5, Duration.ofMillis(6))
                  .build());
    }
  }

  @Test
  void load_contextLoaderBeforeGivenLoader() throws IOException {
    Path first = directory.resolve("first");
    Path second = directory.resolve("second");
    assertThat(first.toFile().mkdir() && second.toFile().mkdir()).isTrue();
    write(first, "yokedcache.conf", "yokedcache.namespace = first");
    write(second, "yokedcache.conf", "yokedcache.namespace = second");
    Thread thread = Thread.currentThread();
    ClassLoader context = thread.getContextClassLoader();
    try (URLClassLoader one = loader(first);
        URLClassLoader two = loader(second)) {
      thread.setContextClassLoader(one);
      assertThat(namespace(two)).isEqualTo("first");
      thread.setContextClassLoader(null);
      assertThat(namespace(two)).isEqualTo("second");
      assertThat(namespace(null)).isEqualTo("yc");
    } finally {
      thread.setContextClassLoader(context);
    }
  }

  @Test
  void load_systemPropertyOverUriOption() {
    URI uri = URI.create("redis://h?pool-size=5&command-timeout=5ms");

    Settings.Connection connection =
        load(uri, null, system("yokedcache.connection.pool.size", "6")).connection();

    assertThat(connection.poolSize()).isEqualTo(6);
    assertThat(connection.commandTimeout()).isEqualTo(Duration.ofMillis(5));
  }

  @Test
  void load_allOptions() {
    Settings settings =
        load(
            URI.create(
                "rediss://h?client-name=c&connect-timeout=1s&command-timeout=500ms&pool-size=8"
                    + "&pool-wait=3s&verify-host-name=false&namespace=n&buckets=4"),
            null,
            ConfigText.NOTHING);

    assertThat(settings.namespace()).isEqualTo("n");
    assertThat(settings.buckets()).isEqualTo(4);
    assertThat(settings.connection())
        .isEqualTo(
            ConnectionSettings.standalone("h", 6379)
                .tls(
                    new Settings.Tls(
                        null, null, null, null, false, Settings.Pem.NONE, "TLSv1.2", List.of()))
                .clientName("c")
                .connectTimeout(Duration.ofSeconds(1))
                .commandTimeout(Duration.ofMillis(500))
                .pool(8, Duration.ofSeconds(3))
                .build());
  }

  @Test
  void load_server_codeThenSystemThenEnvironmentThenPropertiesThenFile() {
    EnvironmentAndProperties both =
        new EnvironmentAndProperties(
            Map.of("YOKEDCACHE_URI", "redis://environment"),
            Map.of("yokedcache.uri", "redis://system"));
    EnvironmentAndProperties environment = environment("YOKEDCACHE_URI", "redis://environment");
    Properties properties = properties("yokedcache.uri", "redis://properties");
    URI file = write(directory, "a.conf", "yokedcache.uri = \"redis://file\"");

    assertThat(host(SERVER, properties, both)).isEqualTo("code");
    assertThat(host(file, properties, both)).isEqualTo("system");
    assertThat(host(file, properties, environment)).isEqualTo("environment");
    assertThat(host(file, properties, ConfigText.NOTHING)).isEqualTo("properties");
    assertThat(host(file, null, ConfigText.NOTHING)).isEqualTo("file");
    assertThat(host(null, properties, both)).isEqualTo("system");
    assertThat(host(null, properties, ConfigText.NOTHING)).isEqualTo("properties");
    assertThat(host(null, null, environment)).isEqualTo("environment");
  }

  @Test
  void load_defaultNamesFile_serverOfTheFile() {
    URI file = write(directory, "a.conf", "yokedcache { uri = \"redis://file\", namespace = x }");

    Settings settings = load(null, null, system("yokedcache.uri", file.toString()));

    assertThat(settings.connection().host()).isEqualTo("file");
    assertThat(settings.namespace()).isEqualTo("x");
  }

  @Test
  void load_publicFormOfDefault_credentialsFound() {
    EnvironmentAndProperties environment =
        system("yokedcache.uri", "redis://app:secret@h:1?pool-size=3");
    URI shown = new ConfigSources(environment, null).defaultUri();

    Settings.Connection found = load(shown, null, environment).connection();
    Settings.Connection other = load(URI.create("redis://h:2"), null, environment).connection();

    assertThat(shown).isEqualTo(URI.create("redis://h:1"));
    assertThat(found.user()).isEqualTo("app");
    assertThat(found.password()).isEqualTo("secret");
    assertThat(found.poolSize()).isEqualTo(3);
    assertThat(other.password()).isNull();
  }

  @Test
  void defaultUri_systemThenEnvironmentThenFileThenLocalhost() throws IOException {
    write(
        directory,
        "yokedcache.conf",
        "yokedcache { uri = \"redis://:secret@file\", uri = ${?REDIS_URL} }");
    try (URLClassLoader loader = loader(directory)) {
      assertThat(
              new ConfigSources(
                      new EnvironmentAndProperties(
                          Map.of("YOKEDCACHE_URI", "redis://environment"),
                          Map.of("yokedcache.uri", "redis://system")),
                      loader)
                  .defaultUri())
          .hasToString("redis://system");
      assertThat(
              new ConfigSources(environment("YOKEDCACHE_URI", "redis://e:1"), loader).defaultUri())
          .hasToString("redis://e:1");
      assertThat(
              new ConfigSources(environment("REDIS_URL", "redis://:secret@r:1"), loader)
                  .defaultUri())
          .hasToString("redis://r:1");
      assertThat(new ConfigSources(environment("YOKEDCACHE_URI", ""), loader).defaultUri())
          .hasToString("redis://file");
      assertThat(new ConfigSources(ConfigText.NOTHING, null).defaultUri())
          .hasToString("redis://localhost:6379");
    }
  }

  @Test
  void load_substitutions() {
    String text =
        """
        tenant = blue
        yokedcache {
          uri = "redis://localhost", uri = ${?REDIS_URL}
          namespace = ${tenant}-${stage}
          serialization.presets += spring
        }
        """;
    URI file = write(directory, "a.conf", text);

    Settings settings =
        load(
            file,
            null,
            new EnvironmentAndProperties(
                Map.of("REDIS_URL", "redis://r:7/1"), Map.of("stage", "prod")));

    assertThat(settings.connection().address()).isEqualTo("r:7/1");
    assertThat(settings.namespace()).isEqualTo("blue-prod");
    assertThat(settings.serialization().presets())
        .containsExactly("hibernate", "kotlin", "spring", "spring");
  }

  @Test
  void load_cluster() {
    Settings settings =
        load(
            URI.create("rediss-cluster://app:secret@a:1,b"),
            null,
            environment("YOKEDCACHE_PASSWORD", "other"));

    Settings.Connection connection = settings.connection();
    assertThat(settings.buckets()).isEqualTo(16);
    assertThat(connection.deployment())
        .isEqualTo(
            new Settings.Deployment(
                Kind.CLUSTER,
                List.of(new Settings.Address("a", 1), new Settings.Address("b", 6379)),
                null,
                null,
                null,
                false));
    assertThat(connection.address()).isEqualTo("a:1/0");
    assertThat(connection.uri()).isEqualTo("rediss-cluster://a:1,b:6379");
    assertThat(connection.password()).isEqualTo("secret");
    assertThat(connection.node(new Settings.Address("::1", 2)))
        .hasToString("Connection[rediss://[::1]:2/0 of rediss-cluster://a:1,b:6379]");
  }

  @Test
  void load_sentinel() {
    Settings.Connection connection =
        load(
                URI.create("rediss-sentinel://:secret@s,t:1/m/2?sentinel-user=app"),
                null,
                environment("YOKEDCACHE_SENTINEL_USER", "x", "YOKEDCACHE_SENTINEL_PASSWORD", "y"))
            .connection();

    assertThat(connection.deployment())
        .isEqualTo(
            new Settings.Deployment(
                Kind.SENTINEL,
                List.of(new Settings.Address("s", 26379), new Settings.Address("t", 1)),
                "m",
                "app",
                "y",
                true));
    assertThat(connection.database()).isEqualTo(2);
    assertThat(connection.password()).isEqualTo("secret");
    assertThat(connection.uri()).isEqualTo("rediss-sentinel://s:26379,t:1/m/2");
  }

  @Test
  void load_sentinelTls_ofItsOwn() {
    Settings.Deployment deployment =
        load(URI.create("redis-sentinel://s/m?sentinel-tls=yes"), null, ConfigText.NOTHING)
            .connection()
            .deployment();

    assertThat(deployment.sentinelTls()).isTrue();
    assertThat(deployment.sentinelPassword()).isNull();
  }

  @Test
  void load_buckets_auto() {
    assertThat(buckets("redis://h")).isEqualTo(1);
    assertThat(buckets("redis-sentinel://h/m")).isEqualTo(1);
    assertThat(buckets("embedded:redis-sentinel")).isEqualTo(1);
    assertThat(buckets("embedded:redis-cluster")).isEqualTo(16);
    assertThat(buckets("redis-cluster://h?buckets=auto")).isEqualTo(16);
    assertThat(buckets("redis-cluster://h?buckets=64")).isEqualTo(64);
  }

  private static int buckets(String uri) {
    return load(URI.create(uri), null, ConfigText.NOTHING).buckets();
  }

  @Test
  void load_publicFormOfDefault_severalHosts() {
    EnvironmentAndProperties environment =
        system("yokedcache.uri", "redis-cluster://:secret@[::1]:1,h");
    URI shown = new ConfigSources(environment, null).defaultUri();

    assertThat(shown).hasToString("redis-cluster://%5B::1%5D:1%2Ch");
    assertThat(load(shown, null, environment).connection().password()).isEqualTo("secret");
    assertThat(load(shown, null, ConfigText.NOTHING).connection().deployment().nodes())
        .containsExactly(new Settings.Address("::1", 1), new Settings.Address("h", 6379));
  }

  @Test
  void load_embedded_noCredentials() {
    Settings settings =
        load(
            URI.create("embedded:redis?namespace=t"),
            null,
            environment("YOKEDCACHE_PASSWORD", "secret", "YOKEDCACHE_USER", "app"));

    assertThat(settings.embedded())
        .isEqualTo(new Settings.Embedded(Settings.Deployment.Kind.STANDALONE, 1, 0));
    assertThat(settings.namespace()).isEqualTo("t");
    assertThat(settings.connection().user()).isNull();
    assertThat(settings.connection().password()).isNull();
  }

  @Test
  void load_properties_quotedNamesListsAndOtherTypes() {
    Properties properties =
        properties(
            "yokedcache.caches.\"com.acme.*\".time-to-live", "5m",
            "yokedcache.caches.orders.statistics", "true",
            "yokedcache.serialization.allow", "com.acme.*, com.acme.sub.**");
    properties.put("yokedcache.connection.pool.size", 7);

    Settings settings = load(SERVER, properties, ConfigText.NOTHING);

    assertThat(settings.caches().apply("com.acme.X").timeToLive()).isEqualTo(Duration.ofMinutes(5));
    assertThat(settings.caches().apply("orders").statistics()).isTrue();
    assertThat(settings.serialization().allow()).containsExactly("com.acme.*", "com.acme.sub.**");
    assertThat(settings.connection().poolSize()).isEqualTo(7);
  }

  @Test
  void load_propertiesWithDefaults() {
    Properties properties = new Properties(properties("yokedcache.namespace", "of-defaults"));

    assertThat(load(SERVER, properties, ConfigText.NOTHING).namespace()).isEqualTo("of-defaults");
  }

  private String host(
      @Nullable URI uri, @Nullable Properties properties, EnvironmentAndProperties around) {
    return load(uri, properties, around).connection().host();
  }

  private static String namespace(@Nullable ClassLoader loader) {
    return new ConfigSources(ConfigText.NOTHING, loader).load(SERVER, null).namespace();
  }

  private static URLClassLoader loader(Path directory) throws IOException {
    return new URLClassLoader(new URL[] {directory.toUri().toURL()}, /* parent= */ null);
  }
}
