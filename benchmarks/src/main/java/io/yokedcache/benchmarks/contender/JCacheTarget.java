package io.yokedcache.benchmarks.contender;

import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import javax.cache.Cache;
import javax.cache.processor.EntryProcessor;
import javax.cache.processor.MutableEntry;
import org.jspecify.annotations.Nullable;

/** Any JSR-107 provider, used by {@code javax.cache} alone. */
final class JCacheTarget implements Target {

  private final Cache<String, byte[]> cache;
  private final Cache<String, byte[]> expiring;
  private final Function<String, Target> opener;
  private final Runnable closer;

  /**
   * Wraps caches.
   *
   * @param expiring another cache of the same provider, whose entries expire in some minutes
   * @param opener opens another target of the same provider
   * @param closer ends all of it
   */
  JCacheTarget(
      Cache<String, byte[]> cache,
      Cache<String, byte[]> expiring,
      Function<String, Target> opener,
      Runnable closer) {
    this.cache = cache;
    this.expiring = expiring;
    this.opener = opener;
    this.closer = closer;
  }

  @Override
  public boolean isCache() {
    return true;
  }

  @Override
  public byte @Nullable [] get(String key) {
    return cache.get(key);
  }

  @Override
  public void put(String key, byte[] value) {
    cache.put(key, value);
  }

  @Override
  public void putExpiring(String key, byte[] value) {
    expiring.put(key, value);
  }

  @Override
  public Map<String, byte[]> getAll(Set<String> keys) {
    return cache.getAll(keys);
  }

  @Override
  public void putAll(Map<String, byte[]> entries) {
    cache.putAll(entries);
  }

  @Override
  public boolean putIfAbsent(String key, byte[] value) {
    return cache.putIfAbsent(key, value);
  }

  @Override
  public boolean replace(String key, byte[] value) {
    return cache.replace(key, value);
  }

  @Override
  public boolean remove(String key) {
    return cache.remove(key);
  }

  @Override
  public byte @Nullable [] exchange(String key, byte[] value) {
    return cache.invoke(key, Exchange.INSTANCE, (Object) value);
  }

  @Override
  public void clear() {
    cache.clear();
  }

  @Override
  public Target another(String name) {
    return opener.apply(name);
  }

  @Override
  public void close() {
    closer.run();
  }

  /** Returns the value and sets the one it is given. */
  private enum Exchange implements EntryProcessor<String, byte[], byte @Nullable []> {
    INSTANCE;

    @Override
    public byte @Nullable [] process(MutableEntry<String, byte[]> entry, Object... arguments) {
      byte[] before = entry.getValue();
      entry.setValue((byte[]) arguments[0]);
      return before;
    }
  }
}
