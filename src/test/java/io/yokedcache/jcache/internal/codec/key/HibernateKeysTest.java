package io.yokedcache.jcache.internal.codec.key;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.codec.Samples;
import io.yokedcache.jcache.internal.codec.Samples.Color;
import io.yokedcache.jcache.internal.codec.TestSettings;
import io.yokedcache.jcache.internal.codec.key.HibernateKeys.ByParts;
import io.yokedcache.jcache.internal.codec.key.HibernateKeys.Inner;
import io.yokedcache.jcache.internal.codec.key.HibernateKeys.Parts;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.hibernate.cache.internal.BasicCacheKeyImplementation;
import org.hibernate.cache.internal.CacheKeyImplementation;
import org.hibernate.cache.internal.NaturalIdCacheKey;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Hibernate's key classes, as Hibernate makes them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class HibernateKeysTest {

  private final CanonicalKeyCodec<Object> codec =
      TestSettings.canonical(TestSettings.presets("hibernate"), Samples.class);

  @SuppressWarnings("NullAway.Init") // Set before the first test.
  private HibernateKeys hibernate;

  @BeforeAll
  void start() {
    hibernate = new HibernateKeys();
  }

  @AfterAll
  void stop() {
    hibernate.close();
  }

  @Test
  void decode_everyKey_isEqualWithTheHashOfHibernate() {
    Set<String> forms = new HashSet<>();
    List<Object> keys = hibernate.all();
    for (Object key : keys) {
      byte[] bytes = codec.encode(key);
      Object decoded = codec.decode(bytes);
      assertThat(decoded).as("%s", key).isEqualTo(key).hasSameHashCodeAs(key);
      assertThat(key).isEqualTo(decoded);
      assertThat(forms.add(new String(bytes, ISO_8859_1))).as("%s", key).isTrue();
      assertThat(new String(bytes, ISO_8859_1)).startsWith("#Oorg.hibernate.");
    }
  }

  @Test
  void encode_anotherHashCode_isTheSameBytes() {
    same(
        new BasicCacheKeyImplementation(Color.RED, "E", 1),
        new BasicCacheKeyImplementation(Color.RED, "E", 2));
    same(
        new CacheKeyImplementation(Color.RED, "E", "t", 1),
        new CacheKeyImplementation(Color.RED, "E", "t", 2));
    same(
        new NaturalIdCacheKey(new Object[] {Color.RED}, "E", null, 1),
        new NaturalIdCacheKey(new Object[] {Color.RED}, "E", null, 2));
  }

  @Test
  void encode_sharedAndSeparateParts_areTheSame() {
    Inner inner = new Inner(Color.RED, 7);
    String name = "name";
    String copy = String.valueOf(name.toCharArray());
    same(
        hibernate.key(ByParts.class, new Parts(name, 1, Color.RED, inner), name),
        hibernate.key(ByParts.class, new Parts(copy, 1, Color.RED, inner), name));
    same(
        new CacheKeyImplementation(new Object[] {name, name}, name, name, 1),
        new CacheKeyImplementation(new Object[] {name, copy}, copy, name, 1));
  }

  private void same(Object one, Object other) {
    assertThat(codec.encode(one)).isEqualTo(codec.encode(other));
  }
}
