package io.yokedcache.jcache.internal.processor;

import javax.cache.processor.EntryProcessor;
import org.jspecify.annotations.Nullable;

/**
 * An entry processor that knows which value the entry probably has. It first runs on that value,
 * and Redis applies its decision if the entry has the bytes of that value: one round trip, where
 * others need a read before. If the guess is wrong, the processor runs again on the value that the
 * entry has. A decision to leave the entry as it is counts only for a value that was read.
 *
 * <p>Caches with a loader, a writer, compression or encryption take no guesses.
 */
public interface GuessingProcessor<K, V, T> extends EntryProcessor<K, V, T> {

  /**
   * The value that the entry probably has, unchanged since the cache returned it or it was put into
   * the cache, or {@code null} if nothing is known. Asked once for each invocation.
   */
  @Nullable V guess();
}
