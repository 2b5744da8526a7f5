package io.yokedcache.jcache.configuration;

import io.yokedcache.jcache.codec.Codec;
import java.io.Serial;
import java.util.Objects;
import javax.cache.configuration.CacheEntryListenerConfiguration;
import javax.cache.configuration.CompleteConfiguration;
import javax.cache.configuration.Factory;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.ExpiryPolicy;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheWriter;
import org.jspecify.annotations.Nullable;

/**
 * A JSR-107 configuration with this provider's additions: codecs, and whether the cache starts
 * empty. Values that are not set are taken from the configuration file.
 *
 * <p>Two configurations are equal if all their settings are; one that has none of its own also
 * equals a {@link MutableConfiguration} with the same settings. A configuration with codecs can be
 * serialised only if the codecs can: one that arrived without its codec would write entries that
 * its peers cannot read.
 *
 * <p>Not safe for use by several threads while it is being changed.
 *
 * @param <K> the type of keys
 * @param <V> the type of values
 */
public class YokedCacheConfiguration<K, V> extends MutableConfiguration<K, V> {

  @Serial private static final long serialVersionUID = 1L;

  /** Codec of keys, or null for the file's. */
  private @Nullable Codec<K> keyCodec;

  /** Codec of values, or null for the file's. */
  private @Nullable Codec<V> valueCodec;

  /** Whether the cache starts empty, or null for the file's answer. */
  private @Nullable Boolean clearOnCreate;

  /** Creates a configuration with the defaults of {@link MutableConfiguration}. */
  public YokedCacheConfiguration() {}

  /**
   * Copies a configuration, with this provider's additions if it has them. The sets are copied;
   * factories, codecs and listeners' configurations are shared.
   *
   * @param other the configuration to copy
   */
  public YokedCacheConfiguration(CompleteConfiguration<K, V> other) {
    super(other);
    if (other instanceof YokedCacheConfiguration<K, V> yoked) {
      keyCodec = yoked.keyCodec;
      valueCodec = yoked.valueCodec;
      clearOnCreate = yoked.clearOnCreate;
    }
  }

  /**
   * The codec of keys.
   *
   * @return the codec, or {@code null} for the codec of the configuration file
   */
  public @Nullable Codec<K> getKeyCodec() {
    return keyCodec;
  }

  /**
   * Sets the codec of keys. It must be canonical: equal keys become the same bytes in every JVM.
   *
   * @param codec the codec, or {@code null} (the default) for the codec of the configuration file
   * @return this configuration
   */
  public YokedCacheConfiguration<K, V> setKeyCodec(@Nullable Codec<K> codec) {
    keyCodec = codec;
    return this;
  }

  /**
   * The codec of values.
   *
   * @return the codec, or {@code null} for the codec of the configuration file
   */
  public @Nullable Codec<V> getValueCodec() {
    return valueCodec;
  }

  /**
   * Sets the codec of values.
   *
   * @param codec the codec, or {@code null} (the default) for the codec of the configuration file
   * @return this configuration
   */
  public YokedCacheConfiguration<K, V> setValueCodec(@Nullable Codec<V> codec) {
    valueCodec = codec;
    return this;
  }

  /**
   * Whether the cache starts empty whenever a manager creates it.
   *
   * @return the answer, or {@code null} for the answer of the configuration file
   */
  public @Nullable Boolean getClearOnCreate() {
    return clearOnCreate;
  }

  /**
   * Sets whether the cache starts empty whenever a manager creates it. Entries of other JVMs that
   * share the cache are lost too.
   *
   * @param clear the answer, or {@code null} (the default) for the answer of the configuration file
   * @return this configuration
   */
  public YokedCacheConfiguration<K, V> setClearOnCreate(@Nullable Boolean clear) {
    clearOnCreate = clear;
    return this;
  }

  @Override
  public YokedCacheConfiguration<K, V> setTypes(Class<K> keyType, Class<V> valueType) {
    super.setTypes(keyType, valueType);
    return this;
  }

  @Override
  public YokedCacheConfiguration<K, V> addCacheEntryListenerConfiguration(
      CacheEntryListenerConfiguration<K, V> configuration) {
    super.addCacheEntryListenerConfiguration(configuration);
    return this;
  }

  @Override
  public YokedCacheConfiguration<K, V> removeCacheEntryListenerConfiguration(
      CacheEntryListenerConfiguration<K, V> configuration) {
    super.removeCacheEntryListenerConfiguration(configuration);
    return this;
  }

  @Override
  public YokedCacheConfiguration<K, V> setCacheLoaderFactory(
      @Nullable Factory<? extends CacheLoader<K, V>> factory) {
    super.setCacheLoaderFactory(factory);
    return this;
  }

  @Override
  public YokedCacheConfiguration<K, V> setCacheWriterFactory(
      @Nullable Factory<? extends CacheWriter<? super K, ? super V>> factory) {
    super.setCacheWriterFactory(factory);
    return this;
  }

  @Override
  public YokedCacheConfiguration<K, V> setExpiryPolicyFactory(
      @Nullable Factory<? extends ExpiryPolicy> factory) {
    super.setExpiryPolicyFactory(factory);
    return this;
  }

  @Override
  public YokedCacheConfiguration<K, V> setReadThrough(boolean isReadThrough) {
    super.setReadThrough(isReadThrough);
    return this;
  }

  @Override
  public YokedCacheConfiguration<K, V> setWriteThrough(boolean isWriteThrough) {
    super.setWriteThrough(isWriteThrough);
    return this;
  }

  @Override
  public YokedCacheConfiguration<K, V> setStoreByValue(boolean isStoreByValue) {
    super.setStoreByValue(isStoreByValue);
    return this;
  }

  @Override
  public YokedCacheConfiguration<K, V> setStatisticsEnabled(boolean enabled) {
    super.setStatisticsEnabled(enabled);
    return this;
  }

  @Override
  public YokedCacheConfiguration<K, V> setManagementEnabled(boolean enabled) {
    super.setManagementEnabled(enabled);
    return this;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    if (this == other) {
      return true;
    }
    if (!super.equals(other)) {
      return false;
    }
    return other instanceof YokedCacheConfiguration<?, ?> yoked
        ? Objects.equals(keyCodec, yoked.keyCodec)
            && Objects.equals(valueCodec, yoked.valueCodec)
            && Objects.equals(clearOnCreate, yoked.clearOnCreate)
        : isPlain();
  }

  @Override
  public int hashCode() {
    // A plain one equals a MutableConfiguration, and so must have its hash code.
    return isPlain()
        ? super.hashCode()
        : 31 * super.hashCode() + Objects.hash(keyCodec, valueCodec, clearOnCreate);
  }

  private boolean isPlain() {
    return keyCodec == null && valueCodec == null && clearOnCreate == null;
  }
}
