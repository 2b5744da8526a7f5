package io.yokedcache.jcache.configuration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.yokedcache.jcache.codec.Codec;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.NotSerializableException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serial;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import javax.cache.configuration.FactoryBuilder;
import javax.cache.configuration.MutableCacheEntryListenerConfiguration;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.event.CacheEntryCreatedListener;
import javax.cache.expiry.CreatedExpiryPolicy;
import javax.cache.expiry.Duration;
import javax.cache.integration.CacheLoader;
import javax.cache.integration.CacheWriter;
import org.junit.jupiter.api.Test;

final class YokedCacheConfigurationTest {

  /** A codec that can be serialised. */
  record Text(String id) implements Codec<String>, Serializable {

    @Serial private static final long serialVersionUID = 1L;

    @Override
    public byte[] encode(String value) {
      return value.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public String decode(byte[] bytes) {
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  /** One that cannot. */
  static final class Unserialisable implements Codec<String> {

    @Override
    public String id() {
      return "unserialisable";
    }

    @Override
    public byte[] encode(String value) {
      return value.getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public String decode(byte[] bytes) {
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  interface Loader extends CacheLoader<String, String> {}

  interface Writer extends CacheWriter<String, String> {}

  interface Listener extends CacheEntryCreatedListener<String, String> {}

  private static final Text CODEC = new Text("text");

  @Test
  void new_nothingSet_equalsMutableConfiguration() {
    YokedCacheConfiguration<String, String> plain = new YokedCacheConfiguration<>();
    MutableConfiguration<String, String> mutable = new MutableConfiguration<>();

    assertThat(plain.getKeyCodec()).isNull();
    assertThat(plain.getValueCodec()).isNull();
    assertThat(plain.getClearOnCreate()).isNull();
    assertThat(plain.equals(mutable)).isTrue();
    assertThat(mutable.equals(plain)).isTrue();
    assertThat(plain).hasSameHashCodeAs(mutable).isNotEqualTo(null).isNotEqualTo("text");
  }

  @Test
  void equals_ownSettings() {
    assertThat(full()).isEqualTo(full()).hasSameHashCodeAs(full());
    assertThat(full()).isNotEqualTo(full().setKeyCodec(null));
    assertThat(full()).isNotEqualTo(full().setValueCodec(new Text("other")));
    assertThat(full()).isNotEqualTo(full().setClearOnCreate(false));
    assertThat(full()).isNotEqualTo(full().setStatisticsEnabled(false));
    assertThat(full().equals(new MutableConfiguration<>(full()))).isFalse();
  }

  @Test
  void setters_fluentAndKept() {
    YokedCacheConfiguration<String, String> full = full();

    assertThat(full.getKeyType()).isEqualTo(String.class);
    assertThat(full.getKeyCodec()).isEqualTo(CODEC);
    assertThat(full.getValueCodec()).isEqualTo(CODEC);
    assertThat(full.getClearOnCreate()).isTrue();
    assertThat(full.isReadThrough()).isTrue();
    assertThat(full.isWriteThrough()).isTrue();
    assertThat(full.isStoreByValue()).isTrue();
    assertThat(full.isStatisticsEnabled()).isTrue();
    assertThat(full.isManagementEnabled()).isTrue();
    assertThat(full.getCacheLoaderFactory()).isNotNull();
    assertThat(full.getCacheWriterFactory()).isNotNull();
    assertThat(full.getCacheEntryListenerConfigurations()).hasSize(1);
    assertThat(full.getExpiryPolicyFactory().create())
        .isEqualTo(new CreatedExpiryPolicy(Duration.ONE_DAY));
  }

  @Test
  void removeCacheEntryListenerConfiguration_removed() {
    YokedCacheConfiguration<String, String> full = full();

    assertThat(full.removeCacheEntryListenerConfiguration(listener())).isSameAs(full);
    assertThat(full.getCacheEntryListenerConfigurations()).isEmpty();
  }

  @Test
  void copy_independent() {
    YokedCacheConfiguration<String, String> full = full();
    YokedCacheConfiguration<String, String> copy = new YokedCacheConfiguration<>(full);

    assertThat(copy).isEqualTo(full);

    copy.setValueCodec(null).removeCacheEntryListenerConfiguration(listener());

    assertThat(full).isEqualTo(full());
  }

  @Test
  void copy_ofMutableConfiguration() {
    MutableConfiguration<String, String> mutable =
        new MutableConfiguration<String, String>().setStatisticsEnabled(true);

    assertThat(new YokedCacheConfiguration<>(mutable).equals(mutable)).isTrue();
  }

  @Test
  void serialise_withItsCodecs() throws IOException, ClassNotFoundException {
    byte[] bytes = serialise(full());
    try (ObjectInputStream in = new ObjectInputStream(new ByteArrayInputStream(bytes))) {
      assertThat(in.readObject()).isEqualTo(full());
    }
  }

  @Test
  void serialise_codecCannot_refused() {
    assertThatExceptionOfType(NotSerializableException.class)
        .isThrownBy(() -> serialise(full().setValueCodec(new Unserialisable())))
        .withMessageContaining("Unserialisable");
  }

  private static byte[] serialise(YokedCacheConfiguration<String, String> configuration)
      throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(configuration);
    }
    return bytes.toByteArray();
  }

  private static YokedCacheConfiguration<String, String> full() {
    return new YokedCacheConfiguration<String, String>()
        .setTypes(String.class, String.class)
        .setKeyCodec(CODEC)
        .setValueCodec(CODEC)
        .setClearOnCreate(true)
        .setCacheLoaderFactory(FactoryBuilder.factoryOf(Loader.class))
        .setCacheWriterFactory(FactoryBuilder.factoryOf(Writer.class))
        .addCacheEntryListenerConfiguration(listener())
        .setExpiryPolicyFactory(CreatedExpiryPolicy.factoryOf(new Duration(TimeUnit.HOURS, 24)))
        .setReadThrough(true)
        .setWriteThrough(true)
        .setStoreByValue(true)
        .setStatisticsEnabled(true)
        .setManagementEnabled(true);
  }

  private static MutableCacheEntryListenerConfiguration<String, String> listener() {
    return new MutableCacheEntryListenerConfiguration<>(
        FactoryBuilder.factoryOf(Listener.class), null, false, true);
  }
}
