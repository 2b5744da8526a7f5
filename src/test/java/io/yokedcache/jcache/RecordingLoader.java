package io.yokedcache.jcache;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.integration.CacheLoader;
import org.jspecify.annotations.Nullable;

/** A loader that notes the keys it is asked for. Safe for use by several threads. */
final class RecordingLoader implements CacheLoader<String, Loaded> {

  private final List<String> asked = new CopyOnWriteArrayList<>();
  private final Function<String, @Nullable Loaded> source;

  RecordingLoader(Function<String, @Nullable Loaded> source) {
    this.source = source;
  }

  List<String> asked() {
    return asked;
  }

  /** Returns a configuration with this loader, which does not read through. */
  MutableConfiguration<String, Loaded> configuration() {
    return new MutableConfiguration<String, Loaded>()
        .setTypes(String.class, Loaded.class)
        .setCacheLoaderFactory(() -> this);
  }

  @Override
  public @Nullable Loaded load(String key) {
    asked.add(key);
    return source.apply(key);
  }

  @Override
  public Map<String, Loaded> loadAll(Iterable<? extends String> keys) {
    Map<String, Loaded> all = new HashMap<>();
    for (String key : keys) {
      Loaded value = load(key);
      if (value != null) {
        all.put(key, value);
      }
    }
    return all;
  }
}
