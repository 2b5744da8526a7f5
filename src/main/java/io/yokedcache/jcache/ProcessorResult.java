package io.yokedcache.jcache;

import javax.cache.CacheException;
import javax.cache.processor.EntryProcessorException;
import javax.cache.processor.EntryProcessorResult;
import org.jspecify.annotations.Nullable;

/**
 * What a processor returned for one entry of {@code invokeAll}, or why it failed.
 *
 * @param value what it returned, if it did not fail
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
