package io.yokedcache.jcache.internal.codec.serial;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.codec.TestSettings;
import java.io.Serializable;
import java.lang.reflect.Constructor;
import java.math.BigDecimal;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.hibernate.cache.spi.support.AbstractReadWriteAccess.Item;
import org.junit.jupiter.api.Test;

/** The built-in lists name classes that exist, and suffice for what clients store. */
final class PresetClassesTest {

  /** Classes that JDK 17 or the class path of the tests does not have. */
  private static final Set<String> ELSEWHERE =
      Set.of(
          "java.util.Collections$SequencedSetFromMap",
          "java.util.Collections$UnmodifiableSequencedCollection",
          "java.util.Collections$UnmodifiableSequencedSet",
          "java.util.Collections$UnmodifiableSequencedMap",
          "kotlinx.datetime.Ser",
          "org.jsr107.ri.annotations.DefaultGeneratedCacheKey");

  @Test
  void names_exist() {
    assertThat(missing(PresetClasses.JDK)).allMatch(ELSEWHERE::contains);
    assertThat(missing(PresetClasses.preset("hibernate"))).isEmpty();
    assertThat(missing(PresetClasses.preset("kotlin"))).allMatch(ELSEWHERE::contains);
  }

  private static Set<String> missing(Set<String> names) {
    Set<String> missing = new TreeSet<>();
    for (String name : names) {
      try {
        new ClassResolver(PresetClassesTest.class.getClassLoader(), null).find(name);
      } catch (ClassNotFoundException e) {
        missing.add(name);
      }
    }
    return missing;
  }

  @Test
  void hibernate_values_roundTrip() throws Exception {
    JavaCodec<Object> codec = TestSettings.java(TestSettings.presets("hibernate"));
    Serializable[] state = {"text", 1L, new BigDecimal("2.5")};
    String entries = "org.hibernate.cache.spi.entry.StandardCacheEntryImpl";
    Object entry = make(entries, state, "com.acme.Order", 3);
    Object item = make(Item.class.getName(), entry, 3, 42L);
    Object lock = ((Item) item).lock(43L, new UUID(1, 2), 9L);
    Object rows = List.of(new Object[] {1L, "a"}, new Object[] {2L, "b"});
    Object result = make("org.hibernate.cache.internal.QueryResultsCacheImpl$CacheItem", 5L, rows);
    for (Object value : List.of(entry, item, lock, result)) {
      byte[] bytes = codec.encode(value);
      assertThat(codec.decode(bytes)).hasSameClassAs(value);
      assertThat(codec.encode(codec.decode(bytes))).isEqualTo(bytes);
    }
  }

  @Test
  void kotlin_values_areReadByAnotherJvm() throws Exception {
    Object nothing = Class.forName("kotlin.collections.EmptyList").getField("INSTANCE").get(null);
    Object pair = make("kotlin.Pair", "a", nothing);
    JavaCodec<Object> other = TestSettings.java(TestSettings.presets("kotlin"));
    byte[] bytes = TestSettings.java(TestSettings.presets("kotlin")).encode(pair);
    assertThat(other.decode(bytes)).isEqualTo(pair);
  }

  private static Object make(String className, Object... arguments) throws Exception {
    for (Constructor<?> constructor : Class.forName(className).getDeclaredConstructors()) {
      if (constructor.getParameterCount() == arguments.length) {
        constructor.setAccessible(true);
        return constructor.newInstance(arguments);
      }
    }
    throw new NoSuchMethodException(className);
  }
}
