package io.yokedcache.jcache.internal.settings;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/** Reads configurations that tests write, in environment that tests make up. */
final class ConfigText {

  static final EnvironmentAndProperties NOTHING = new EnvironmentAndProperties(Map.of(), Map.of());

  private ConfigText() {}

  /** Writes a file and returns its URI. */
  static URI write(Path directory, String name, String text) {
    try {
      return Files.writeString(directory.resolve(name), text).toUri();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The settings of a file's text. */
  static Settings load(Path directory, String text) {
    return load(write(directory, "test.conf", text), null, NOTHING);
  }

  /** The settings in given environment. */
  static Settings load(
      @Nullable URI uri, @Nullable Properties properties, EnvironmentAndProperties environment) {
    return new ConfigSources(environment, null).load(uri, properties);
  }

  /** The message about a file's text. */
  static String failure(Path directory, String text) {
    return failure(() -> load(directory, text));
  }

  /** The message of a failure; neither it nor a cause is anything but a CacheException. */
  static String failure(Runnable loading) {
    CacheException failure = catchThrowableOfType(CacheException.class, loading::run);
    if (failure == null) {
      throw new AssertionError("nothing was thrown");
    }
    if (failure.getCause() != null) {
      throw new AssertionError("the cause may repeat a secret", failure.getCause());
    }
    return String.valueOf(failure.getMessage());
  }

  static Properties properties(String... keysAndValues) {
    Properties properties = new Properties();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      properties.setProperty(keysAndValues[i], keysAndValues[i + 1]);
    }
    return properties;
  }

  static EnvironmentAndProperties system(String... keysAndValues) {
    return new EnvironmentAndProperties(
        Map.of(), EnvironmentAndProperties.strings(properties(keysAndValues)));
  }

  static EnvironmentAndProperties environment(String... keysAndValues) {
    return new EnvironmentAndProperties(
        new TreeMap<>(EnvironmentAndProperties.strings(properties(keysAndValues))), Map.of());
  }
}
