package io.yokedcache.jcache;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheWriter;
import javax.cache.integration.CacheWriterException;

/** Loaders and writers that take a known time, or refuse. */
final class TimedParts {

  /** How long a call takes at least. */
  static final long NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private TimedParts() {}

  private static void takeTime() {
    long start = System.nanoTime();
    while (System.nanoTime() - start < NANOS) {
      Thread.onSpinWait();
    }
  }

  /** Loads for each key its own text. */
  public static final class SlowLoader implements CacheLoader<String, String> {

    @Override
    public String load(String key) {
      takeTime();
      return key;
    }

    @Override
    public Map<String, String> loadAll(Iterable<? extends String> keys) {
      takeTime();
      Map<String, String> all = new HashMap<>();
      keys.forEach(key -> all.put(key, key));
      return all;
    }
  }

  /** Writes nowhere. */
  public static final class SlowWriter implements CacheWriter<String, String> {

    @Override
    public void write(Cache.Entry<? extends String, ? extends String> entry) {
      takeTime();
    }

    @Override
    public void writeAll(Collection<Cache.Entry<? extends String, ? extends String>> entries) {
      takeTime();
      entries.clear();
    }

    @Override
    public void delete(Object key) {
      takeTime();
    }

    @Override
    public void deleteAll(Collection<?> keys) {
      takeTime();
      keys.clear();
    }
  }

  /** Refuses all. */
  public static final class RefusingWriter implements CacheWriter<String, String> {

    @Override
    public void write(Cache.Entry<? extends String, ? extends String> entry) {
      throw new CacheWriterException("as asked");
    }

    @Override
    public void writeAll(Collection<Cache.Entry<? extends String, ? extends String>> entries) {
      throw new CacheWriterException("as asked");
    }

    @Override
    public void delete(Object key) {
      throw new CacheWriterException("as asked");
    }

    @Override
    public void deleteAll(Collection<?> keys) {
      throw new CacheWriterException("as asked");
    }
  }
}
