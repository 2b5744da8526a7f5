package io.yokedcache.jcache.codec;

import io.yokedcache.jcache.configuration.SerializationSettings;
import java.util.List;

/** Settings for the codec tests. */
final class TestSettings {

  private TestSettings() {}

  static SerializationSettings allowing(String... patterns) {
    return new SerializationSettings(
        List.of(patterns), List.of(), 100, 100_000, 100_000, 1_000_000);
  }

  static SerializationSettings presets(String... presets) {
    return new SerializationSettings(List.of(), List.of(presets), 100, 100_000, 100_000, 1_000_000);
  }

  static SerializationSettings limits(
      long maxDepth, long maxReferences, long maxArrayLength, long maxBytes) {
    return new SerializationSettings(
        List.of(), List.of(), maxDepth, maxReferences, maxArrayLength, maxBytes);
  }

  /** As {@link #allowing}, but nothing is learned. */
  static SerializationSettings allowingOnly(String... patterns) {
    return new SerializationSettings(
        List.of(patterns),
        List.of(),
        /* learn= */ false,
        /* java= */ true,
        100,
        100_000,
        100_000,
        1_000_000);
  }

  static ClassLoader loader() {
    return TestSettings.class.getClassLoader();
  }

  static JavaCodec<Object> java(SerializationSettings settings, Class<?>... declared) {
    return new JavaCodec<>(Object.class, loader(), settings, declared);
  }

  static AutoCodec<Object> auto(SerializationSettings settings, Class<?>... declared) {
    return new AutoCodec<>(Object.class, loader(), settings, declared);
  }

  static CanonicalKeyCodec<Object> canonical(SerializationSettings settings, Class<?>... declared) {
    return new CanonicalKeyCodec<>(Object.class, loader(), settings, declared);
  }
}
