package com.example.shop;

import io.yokedcache.jcache.RedisUnavailableException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.cache.Cache;
import org.springframework.cache.annotation.CachingConfigurer;
import org.springframework.cache.interceptor.CacheErrorHandler;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Profile;

/**
 * Lets methods with cache annotations go on while Redis is away: a read finds no entry, and a
 * change of the cache is left out. It is for caches with {@code on-failure = throw}; caches with
 * {@code degrade} need no error handler. Any other exception is thrown, such as one that says that
 * a value cannot be serialized.
 *
 * <p>The provider removes the entries of failed changes as soon as Redis is back.
 */
@Configuration(proxyBeanMethods = false)
@Profile("outage-handler")
public class OutageErrorHandler implements CachingConfigurer, CacheErrorHandler {

  private static final Logger logger = LoggerFactory.getLogger(OutageErrorHandler.class);

  @Override
  public CacheErrorHandler errorHandler() {
    return this;
  }

  @Override
  public void handleCacheGetError(RuntimeException failure, Cache cache, Object key) {
    goOn(failure, cache);
  }

  @Override
  public void handleCachePutError(RuntimeException failure, Cache cache, Object key, Object value) {
    goOn(failure, cache);
  }

  @Override
  public void handleCacheEvictError(RuntimeException failure, Cache cache, Object key) {
    goOn(failure, cache);
  }

  @Override
  public void handleCacheClearError(RuntimeException failure, Cache cache) {
    goOn(failure, cache);
  }

  private static void goOn(RuntimeException failure, Cache cache) {
    if (!(failure instanceof RedisUnavailableException)) {
      throw failure;
    }
    logger.debug("The cache {} is not used: {}", cache.getName(), failure.getMessage());
  }
}
