package io.yokedcache.jcache;

import javax.cache.CacheException;
import javax.cache.processor.EntryProcessorException;
import javax.cache.processor.EntryProcessorResult;
import org.jspecify.annotations.Nullable;

/**
 * The result of a processor for one entry of {@code invokeAll}, or its failure.
 *
 * @param value the returned value, if it did not fail
 * @param failure why it failed, or {@code null}
 */
record ProcessorResult<T>(@Nullable T value, @Nullable CacheException failure)
    implements EntryProcessorResult<T> {

  @Override
  public @Nullable T get() {
    if (failure instanceof EntryProcessorException already) {
      throw already;
    }
    if (failure != null) {
      throw new EntryProcessorException(failure.getMessage(), failure);
    }
    return value;
  }
}
