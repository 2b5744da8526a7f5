package io.yokedcache.jcache.internal.settings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** The public entry, with this JVM's own system properties. */
@Isolated("changes system properties")
final class SettingsLoaderTest {

  private final Properties before = new Properties();

  @BeforeEach
  void remember() {
    before.putAll(System.getProperties());
    System.setProperty("yokedcache.uri", "redis://app:secret@default:7000/1?pool-size=3");
    System.setProperty("yokedcache.events.lease", "7s");
  }

  @AfterEach
  void restore() {
    System.setProperties(before);
  }

  @Test
  void load_allNull_default() {
    Settings settings = SettingsLoader.load(null, null, null);

    assertThat(settings.connection().address()).isEqualTo("default:7000/1");
    assertThat(settings.connection().password()).isEqualTo("secret");
    assertThat(settings.connection().poolSize()).isEqualTo(3);
    assertThat(settings.events().lease()).isEqualTo(Duration.ofSeconds(7));
  }

  @Test
  void load_defaultUri_credentialsFound() {
    URI uri = SettingsLoader.defaultUri();

    assertThat(uri).isEqualTo(URI.create("redis://default:7000/1"));
    assertThat(SettingsLoader.load(uri, getClass().getClassLoader(), new Properties()))
        .extracting(settings -> settings.connection().password())
        .isEqualTo("secret");
  }

  @Test
  void load_uriOfCode_wins() {
    Settings.Connection connection =
        SettingsLoader.load(URI.create("redis://[::1]"), null, null).connection();

    assertThat(connection.address()).isEqualTo("[::1]:6379/0");
    assertThat(connection.password()).isNull();
  }

  @Test
  void load_systemPropertyIsRemoved_noLongerSeen() {
    System.clearProperty("yokedcache.events.lease");

    assertThat(SettingsLoader.load(null, null, null).events().lease())
        .isEqualTo(Duration.ofSeconds(30));
  }

  @Test
  void load_settings_unmodifiable() {
    Settings settings =
        SettingsLoader.load(
            null, null, ConfigText.properties("yokedcache.caches.a.batch-size", "1"));

    assertThat(settings.definedCaches()).isUnmodifiable().containsExactly("a");
    assertThat(settings.serialization().allow()).isUnmodifiable();
  }

  @Test
  @SuppressWarnings("NullAway") // What is tested is what a caller without a null check meets.
  void publicUri_null() {
    assertThatNullPointerException().isThrownBy(() -> SettingsLoader.publicUri(null));
  }

  @Test
  void strings_otherTypes() {
    Properties properties = new Properties();
    properties.put("number", 1);
    properties.put(2, "no text as key");
    properties.put("text", "t");

    assertThat(EnvironmentAndProperties.strings(properties))
        .isEqualTo(Map.of("number", "1", "text", "t"));
  }
}
