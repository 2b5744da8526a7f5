package io.yokedcache.jcache.internal.codec;

import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.key.CanonicalKeyCodec;
import io.yokedcache.jcache.internal.codec.serial.JavaCodec;
import io.yokedcache.jcache.internal.codec.value.AutoCodec;
import java.util.List;

/** Settings for the codec tests. */
public final class TestSettings {

  private TestSettings() {}

  public static SerializationSettings allowing(String... patterns) {
    return new SerializationSettings(
        List.of(patterns), List.of(), 100, 100_000, 100_000, 1_000_000);
  }

  public static SerializationSettings presets(String... presets) {
    return new SerializationSettings(List.of(), List.of(presets), 100, 100_000, 100_000, 1_000_000);
  }

  public static SerializationSettings limits(
      long maxDepth, long maxReferences, long maxArrayLength, long maxBytes) {
    return new SerializationSettings(
        List.of(), List.of(), maxDepth, maxReferences, maxArrayLength, maxBytes);
  }

  /** As {@link #allowing}, but nothing is learned. */
  public static SerializationSettings allowingOnly(String... patterns) {
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

  public static ClassLoader loader() {
    return TestSettings.class.getClassLoader();
  }

  public static JavaCodec<Object> java(SerializationSettings settings, Class<?>... declared) {
    return new JavaCodec<>(Object.class, loader(), settings, declared);
  }

  public static AutoCodec<Object> auto(SerializationSettings settings, Class<?>... declared) {
    return new AutoCodec<>(Object.class, loader(), settings, declared);
  }

  public static CanonicalKeyCodec<Object> canonical(
      SerializationSettings settings, Class<?>... declared) {
    return new CanonicalKeyCodec<>(Object.class, loader(), settings, declared);
  }
}
