package io.yokedcache.jcache;

import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.cache.Cache;
import javax.cache.integration.CacheWriter;

/** Notes what is written: {@code write key=value} and {@code delete key}. */
final class RecordingWriter<K, V> implements CacheWriter<K, V> {

  private final List<String> calls = new CopyOnWriteArrayList<>();

  List<String> calls() {
    return calls;
  }

  @Override
  public void write(Cache.Entry<? extends K, ? extends V> entry) {
    calls.add("write " + entry.getKey() + "=" + entry.getValue());
  }

  @Override
  public void writeAll(Collection<Cache.Entry<? extends K, ? extends V>> entries) {
    entries.forEach(this::write);
    entries.clear();
  }

  @Override
  public void delete(Object key) {
    calls.add("delete " + key);
  }

  @Override
  public void deleteAll(Collection<?> keys) {
    keys.forEach(this::delete);
    keys.clear();
  }
}
