package io.yokedcache.jcache.internal.settings;

import static io.yokedcache.jcache.internal.settings.EffectiveConfiguration.merge;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.yokedcache.jcache.configuration.YokedCacheConfiguration;
import java.io.Serial;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import javax.cache.CacheException;
import javax.cache.configuration.Configuration;
import javax.cache.configuration.FactoryBuilder;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.AccessedExpiryPolicy;
import javax.cache.expiry.Duration;
import javax.cache.expiry.EternalExpiryPolicy;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.expiry.ModifiedExpiryPolicy;
import javax.cache.expiry.TouchedExpiryPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EffectiveConfigurationTest {

  private static final Duration MINUTE = new Duration(TimeUnit.MILLISECONDS, 60_000);

  /** A configuration that has JSR-107's least, as the interface allows. */
  private static final class Least implements Configuration<String, Long> {

    @Serial private static final long serialVersionUID = 1L;

    @Override
    public Class<String> getKeyType() {
      return String.class;
    }

    @Override
    public Class<Long> getValueType() {
      return Long.class;
    }

    @Override
    public boolean isStoreByValue() {
      return false;
    }
  }

  @Test
  void merge_primitiveTypes_areBoxed() {
    YokedCacheConfiguration<Integer, Long> merged =
        merge(
            new MutableConfiguration<Integer, Long>().setTypes(int.class, long.class), settings());

    assertThat(merged.getKeyType()).isEqualTo(Integer.class);
    assertThat(merged.getValueType()).isEqualTo(Long.class);
  }

  @Test
  void merge_nothingInFile_asCode() {
    MutableConfiguration<Object, Object> code = new MutableConfiguration<>();

    YokedCacheConfiguration<Object, Object> merged = merge(code, settings());

    assertThat(merged.getClearOnCreate()).isFalse();
    assertThat(merged.setClearOnCreate(null)).isEqualTo(code);
  }

  @Test
  void merge_bareConfiguration_fromFile() {
    MutableConfiguration<Object, Object> code = new MutableConfiguration<>();

    YokedCacheConfiguration<Object, Object> merged =
        merge(
            code,
            settings(
                "time-to-live", "1m",
                "statistics", "true",
                "management", "true",
                "clear-on-create", "true"));

    assertThat(policy(merged)).isEqualTo(new ModifiedExpiryPolicy(MINUTE));
    assertThat(merged.isStatisticsEnabled()).isTrue();
    assertThat(merged.isManagementEnabled()).isTrue();
    assertThat(merged.getClearOnCreate()).isTrue();
    assertThat(code).isEqualTo(new MutableConfiguration<>());
  }

  @Test
  void merge_timeToIdle_touched() {
    assertThat(policy(merge(new MutableConfiguration<>(), settings("time-to-idle", "60s"))))
        .isEqualTo(new TouchedExpiryPolicy(MINUTE));
  }

  @Test
  void merge_codeSetsMore_codeWins() {
    YokedCacheConfiguration<String, Long> code =
        new YokedCacheConfiguration<String, Long>()
            .setTypes(String.class, Long.class)
            .setExpiryPolicyFactory(AccessedExpiryPolicy.factoryOf(Duration.ONE_DAY))
            .setStatisticsEnabled(true)
            .setManagementEnabled(true)
            .setClearOnCreate(false);

    YokedCacheConfiguration<String, Long> merged =
        merge(
            code,
            settings(
                "time-to-live", "1m",
                "statistics", "false",
                "management", "false",
                "clear-on-create", "true",
                "key-type", "java.util.UUID"));

    assertThat(merged).isEqualTo(code).isNotSameAs(code);
  }

  @Test
  void merge_eternalByClass_isAnAnswer() {
    MutableConfiguration<Object, Object> code =
        new MutableConfiguration<>()
            .setExpiryPolicyFactory(FactoryBuilder.factoryOf(EternalExpiryPolicy.class));

    assertThat(policy(merge(code, settings("time-to-live", "1m"))))
        .isEqualTo(new EternalExpiryPolicy());
  }

  @Test
  void merge_leastConfiguration() {
    YokedCacheConfiguration<String, Long> merged =
        merge(new Least(), settings("time-to-live", "1m"));

    assertThat(merged.getKeyType()).isEqualTo(String.class);
    assertThat(merged.getValueType()).isEqualTo(Long.class);
    assertThat(merged.isStoreByValue()).isFalse();
    assertThat(policy(merged)).isEqualTo(new ModifiedExpiryPolicy(MINUTE));
  }

  @Test
  void fromFile_typesAndSettings() {
    YokedCacheConfiguration<?, ?> configuration =
        EffectiveConfiguration.fromFile(
            "c",
            settings(
                "key-type", "java.util.UUID",
                "value-type", "java.util.Map$Entry",
                "time-to-live", "1m"),
            getClass().getClassLoader());

    assertThat(configuration.getKeyType()).hasToString("class java.util.UUID");
    assertThat(configuration.getValueType()).hasToString("interface java.util.Map$Entry");
    assertThat(configuration.isStoreByValue()).isTrue();
    assertThat(configuration.getExpiryPolicyFactory().create())
        .isEqualTo(new ModifiedExpiryPolicy(MINUTE));
  }

  @Test
  void fromFile_typesAbsent_object() {
    YokedCacheConfiguration<?, ?> configuration =
        EffectiveConfiguration.fromFile("c", settings(), getClass().getClassLoader());

    assertThat(configuration.getKeyType()).hasToString("class java.lang.Object");
    assertThat(configuration.getValueType()).hasToString("class java.lang.Object");
  }

  @ParameterizedTest
  @CsvSource({"key-type", "value-type"})
  void fromFile_unknownType(String key) {
    Settings.Cache settings = settings(key, "com.acme.NoSuchClass");

    assertThatExceptionOfType(CacheException.class)
        .isThrownBy(
            () -> EffectiveConfiguration.fromFile("c", settings, getClass().getClassLoader()))
        .withMessageContaining("Cache c has " + key + " = com.acme.NoSuchClass")
        .withCauseInstanceOf(ClassNotFoundException.class);
  }

  @ParameterizedTest
  @CsvSource({"key-type", "value-type"})
  void requireTypes_unknownType(String key) {
    ClassLoader loader = getClass().getClassLoader();
    Settings.Cache settings = settings(key, "com.acme.NoSuchClass");

    assertThatExceptionOfType(CacheException.class)
        .isThrownBy(() -> EffectiveConfiguration.requireTypes("c", settings, loader))
        .withMessageContaining("Cache c has " + key + " = com.acme.NoSuchClass");
    assertThatCode(
            () ->
                EffectiveConfiguration.requireTypes(
                    "c", settings("value-type", "java.util.List<java.util.UUID>"), loader))
        .doesNotThrowAnyException();
  }

  private static ExpiryPolicy policy(YokedCacheConfiguration<?, ?> configuration) {
    return configuration.getExpiryPolicyFactory().create();
  }

  private static Settings.Cache settings(String... keysAndValues) {
    String[] paths = keysAndValues.clone();
    for (int i = 0; i < paths.length; i += 2) {
      paths[i] = "yokedcache.defaults." + paths[i];
    }
    return ConfigText.load(
            URI.create("redis://h"), ConfigText.properties(paths), ConfigText.NOTHING)
        .caches()
        .apply("c");
  }
}
