package io.yokedcache.jcache.internal.settings;

import io.yokedcache.jcache.configuration.YokedCacheConfiguration;
import java.lang.invoke.MethodType;
import java.util.concurrent.TimeUnit;
import javax.cache.CacheException;
import javax.cache.configuration.CompleteConfiguration;
import javax.cache.configuration.Configuration;
import javax.cache.configuration.Factory;
import javax.cache.expiry.Duration;
import javax.cache.expiry.EternalExpiryPolicy;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.expiry.ModifiedExpiryPolicy;
import javax.cache.expiry.TouchedExpiryPolicy;
import org.jspecify.annotations.Nullable;

/**
 * Merges the configuration of a cache in code with its settings in the file, which apply where the
 * code leaves a default. Safe for use by several threads.
 */
public final class EffectiveConfiguration {

  private EffectiveConfiguration() {}

  /**
   * Combines an application's configuration with the settings of the file. The application's wins
   * where it differs from the default of {@code MutableConfiguration}: an expiry policy other than
   * {@code EternalExpiryPolicy.factoryOf()}, statistics or management that are on, codecs, clear on
   * create. Types are the application's; a primitive one, such as Kotlin's {@code Int::class.java},
   * stands for its boxed type.
   *
   * @param fromCode what the application passed; it is not changed
   * @param fromFile the settings of that cache
   * @param <K> the type of keys
   * @param <V> the type of values
   * @return a new configuration, in which clear-on-create is set and a codec is {@code null} if the
   *     file's is to be used
   */
  public static <K, V> YokedCacheConfiguration<K, V> merge(
      Configuration<K, V> fromCode, Settings.Cache fromFile) {
    YokedCacheConfiguration<K, V> merged = copy(fromCode);
    merged.setTypes(boxed(merged.getKeyType()), boxed(merged.getValueType()));
    if (!merged.isStatisticsEnabled()) {
      merged.setStatisticsEnabled(Boolean.TRUE.equals(fromFile.statistics()));
    }
    if (!merged.isManagementEnabled()) {
      merged.setManagementEnabled(Boolean.TRUE.equals(fromFile.management()));
    }
    Factory<? extends ExpiryPolicy> expiry = expiry(fromFile);
    if (expiry != null && isDefault(merged.getExpiryPolicyFactory())) {
      merged.setExpiryPolicyFactory(expiry);
    }
    if (merged.getClearOnCreate() == null) {
      merged.setClearOnCreate(fromFile.clearOnCreate());
    }
    return merged;
  }

  /**
   * The configuration of a cache that only the file defines.
   *
   * @param cacheName the cache's name, for messages
   * @param settings its settings
   * @param loader finds the declared classes of keys and values; a type that is not declared is
   *     {@code Object}
   * @return a new configuration
   * @throws CacheException if a declared class cannot be found
   */
  public static YokedCacheConfiguration<?, ?> fromFile(
      String cacheName, Settings.Cache settings, ClassLoader loader) {
    return typed(
        type(cacheName, "key-type", settings.keyType(), loader),
        type(cacheName, "value-type", settings.valueType(), loader),
        settings);
  }

  /**
   * Checks that the types of the file exist, also for a cache whose types the application declares:
   * a misspelt one would have no effect.
   *
   * @param cacheName the cache's name, for messages
   * @param settings its settings
   * @param loader finds the classes
   * @throws CacheException if a class cannot be found
   */
  public static void requireTypes(String cacheName, Settings.Cache settings, ClassLoader loader) {
    Class<?> unusedKey = type(cacheName, "key-type", settings.keyType(), loader);
    Class<?> unusedValue = type(cacheName, "value-type", settings.valueType(), loader);
  }

  private static <K, V> YokedCacheConfiguration<K, V> typed(
      Class<K> keyType, Class<V> valueType, Settings.Cache settings) {
    return merge(new YokedCacheConfiguration<K, V>().setTypes(keyType, valueType), settings);
  }

  private static Class<?> type(
      String cacheName, String key, @Nullable String name, ClassLoader loader) {
    if (name == null) {
      return Object.class;
    }
    try {
      String className = name.split("<", 2)[0]; // without type arguments
      return Class.forName(className, /* initialize= */ false, loader);
    } catch (ClassNotFoundException | LinkageError unknown) {
      throw new CacheException(
          "Cache "
              + cacheName
              + " has "
              + key
              + " = "
              + name
              + ", which the manager's class loader cannot load; write the full name, such as"
              + " java.lang.String, or add its jar",
          unknown);
    }
  }

  private static <K, V> YokedCacheConfiguration<K, V> copy(Configuration<K, V> fromCode) {
    return fromCode instanceof CompleteConfiguration<K, V> complete
        ? new YokedCacheConfiguration<>(complete)
        : new YokedCacheConfiguration<K, V>()
            .setTypes(fromCode.getKeyType(), fromCode.getValueType())
            .setStoreByValue(fromCode.isStoreByValue());
  }

  /** Returns the class of the objects of a type: the boxed type of a primitive one. */
  @SuppressWarnings("unchecked") // The class literal of a primitive type has the boxed type.
  public static <T> Class<T> boxed(Class<T> type) {
    return (Class<T>) MethodType.methodType(type).wrap().returnType();
  }

  private static boolean isDefault(@Nullable Factory<ExpiryPolicy> expiry) {
    return expiry == null || EternalExpiryPolicy.factoryOf().equals(expiry);
  }

  private static @Nullable Factory<ExpiryPolicy> expiry(Settings.Cache settings) {
    if (settings.timeToLive() != null) {
      return ModifiedExpiryPolicy.factoryOf(millis(settings.timeToLive().toMillis()));
    }
    return settings.timeToIdle() == null
        ? null
        : TouchedExpiryPolicy.factoryOf(millis(settings.timeToIdle().toMillis()));
  }

  private static Duration millis(long amount) {
    return new Duration(TimeUnit.MILLISECONDS, amount);
  }
}
