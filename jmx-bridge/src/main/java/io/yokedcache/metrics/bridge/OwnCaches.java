package io.yokedcache.metrics.bridge;

import io.yokedcache.metrics.source.CacheReadings;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.JmxCacheReader;
import io.yokedcache.metrics.source.Selection;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The caches of this JVM. Its MBean server is not asked for before the first reading, because that
 * creates it: an application that chooses another one does so while it starts.
 */
final class OwnCaches implements CacheSource {

  private volatile @Nullable JmxCacheReader reader;

  @Override
  public CacheReadings read() throws IOException {
    return reader().read();
  }

  @Override
  public CacheReadings readFigures() throws IOException {
    return reader().readFigures();
  }

  @Override
  public CacheReadings read(Selection wanted) throws IOException {
    return reader().read(wanted);
  }

  private JmxCacheReader reader() {
    JmxCacheReader known = reader;
    if (known == null) {
      known = JmxCacheReader.ofThisJvm();
      reader = known;
    }
    return known;
  }
}
