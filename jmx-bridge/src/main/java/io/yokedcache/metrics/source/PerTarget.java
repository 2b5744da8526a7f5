package io.yokedcache.metrics.source;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One part of an output for each JVM that is read. When other JVMs are to be read, the parts of
 * JVMs whose source is the same object as before are kept. Thread-safe.
 */
public final class PerTarget<P extends AutoCloseable> implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(PerTarget.class);

  private record Entry<P>(CacheSource source, P part) {}

  private final BiFunction<String, CacheSource, P> creation;
  private volatile Map<String, Entry<P>> entries = Map.of(); // never modified

  /**
   * Has no part yet.
   *
   * @param creation makes the part of a JVM from its name, which is empty for this JVM, and its
   *     source
   */
  public PerTarget(BiFunction<String, CacheSource, P> creation) {
    this.creation = creation;
  }

  /**
   * Has parts for these JVMs from now on, in this order. Other parts are closed, before a part of
   * the same name is made.
   *
   * @param sources what reads each JVM, by name
   * @return the names of JVMs that are no longer read
   */
  public synchronized Set<String> follow(Map<String, ? extends CacheSource> sources) {
    Map<String, Entry<P>> old = new LinkedHashMap<>(entries);
    Map<String, Entry<P>> next = new LinkedHashMap<>();
    sources.forEach(
        (name, source) -> {
          Entry<P> known = old.remove(name);
          if (known == null || known.source() != source) {
            close(known);
            known = new Entry<>(source, creation.apply(name, source));
          }
          next.put(name, known);
        });
    entries = next;
    old.values().forEach(PerTarget::close);
    return old.keySet();
  }

  private static void close(@Nullable Entry<? extends AutoCloseable> entry) {
    if (entry != null) {
      try {
        entry.part().close();
      } catch (Exception e) {
        if (e instanceof InterruptedException) {
          Thread.currentThread().interrupt();
        }
        logger.warn("{} failed to close", entry.part().getClass().getSimpleName(), e);
      }
    }
  }

  public Collection<P> parts() {
    return entries.values().stream().map(Entry::part).toList();
  }

  @Override
  public void close() {
    follow(Map.of());
  }
}
