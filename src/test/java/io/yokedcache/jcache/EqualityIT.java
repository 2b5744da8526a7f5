package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.testing.RedisServer;
import java.io.Serializable;
import java.util.HashMap;
import java.util.List;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.expiry.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The operations that compare values do so by {@code equals}, and else by what is stored. */
final class EqualityIT {

  private static RedisServer redis;
  private static TestManagers managers;
  private static CacheManager manager;

  /** How the cache is built, so that both entry accesses are used. */
  enum Build {
    DIRECT,
    WRITER,
    POLICY;

    <V> Cache<String, V> create(Class<V> type) {
      MutableConfiguration<String, V> configuration =
          new MutableConfiguration<String, V>().setTypes(String.class, type);
      switch (this) {
        case DIRECT -> {}
        case WRITER ->
            configuration.setWriteThrough(true).setCacheWriterFactory(RecordingWriter::new);
        case POLICY ->
            configuration.setExpiryPolicyFactory(
                () -> new CountingPolicy(Duration.ONE_HOUR, null, null));
      }
      return manager.createCache(TestManagers.uniqueName("equality"), configuration);
    }
  }

  /** Equal to another one of the same name, whatever its revision is. */
  private static final class Article implements Serializable {

    private final String name;
    private final int revision;

    Article(String name, int revision) {
      this.name = name;
      this.revision = revision;
    }

    @Override
    public boolean equals(Object other) {
      return other instanceof Article article && article.name.equals(name);
    }

    @Override
    public int hashCode() {
      return name.hashCode();
    }
  }

  /** Equal to itself only, as Java sees it. */
  private static final class Picture implements Serializable {

    @SuppressWarnings("unused") // read by serialisation
    private final String pixels;

    Picture(String pixels) {
      this.pixels = pixels;
    }
  }

  /** Equal to itself only, and with other bytes after it was read: the map's capacity is one. */
  private static final class Album implements Serializable {

    @SuppressWarnings("unused") // read by serialisation
    private final HashMap<String, Integer> pictures;

    Album(String picture) {
      pictures = new HashMap<>(1);
      pictures.put(picture, 1);
    }
  }

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
    managers = new TestManagers();
    manager = managers.open(redis.uri());
  }

  @AfterAll
  static void stop() {
    managers.close();
    redis.close();
  }

  @ParameterizedTest
  @EnumSource
  void replace_equalValueOfOtherBytes(Build build) {
    Cache<String, Article> cache = build.create(Article.class);
    cache.put("a", new Article("pen", 1));

    assertThat(cache.replace("a", new Article("pencil", 1), new Article("ink", 1))).isFalse();
    assertThat(cache.get("a").revision).isEqualTo(1);
    assertThat(cache.replace("a", new Article("pen", 2), new Article("pen", 3))).isTrue();
    assertThat(cache.get("a").revision).isEqualTo(3);
  }

  @ParameterizedTest
  @EnumSource
  void remove_equalValueOfOtherBytes(Build build) {
    Cache<String, Article> cache = build.create(Article.class);
    cache.put("a", new Article("pen", 1));

    assertThat(cache.remove("a", new Article("pencil", 1))).isFalse();
    assertThat(cache.containsKey("a")).isTrue();
    assertThat(cache.remove("a", new Article("pen", 2))).isTrue();
    assertThat(cache.containsKey("a")).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  @SuppressWarnings({"rawtypes", "unchecked"}) // a class literal has no type arguments
  void replace_mapFilledInOtherOrder(Build build) {
    Cache<String, HashMap> cache = build.create(HashMap.class);
    // These two have the same hash code, so the map remembers which came first.
    HashMap<String, Integer> stored = map(List.of("Aa", "BB"));
    HashMap<String, Integer> expected = map(List.of("BB", "Aa"));
    assertThat(expected.keySet()).containsExactly("BB", "Aa");
    cache.put("m", stored);

    assertThat(cache.replace("m", expected, map(List.of("C")))).isTrue();
    assertThat(cache.get("m")).isEqualTo(map(List.of("C")));
  }

  @ParameterizedTest
  @EnumSource
  void replace_valueWithoutEquals(Build build) {
    Cache<String, Picture> cache = build.create(Picture.class);
    cache.put("p", new Picture("red"));

    assertThat(cache.replace("p", new Picture("blue"), new Picture("green"))).isFalse();
    assertThat(cache.replace("p", new Picture("red"), new Picture("green"))).isTrue();
    assertThat(cache.replace("p", new Picture("green"), new Picture("red"))).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void remove_valueWithoutEquals(Build build) {
    Cache<String, Picture> cache = build.create(Picture.class);
    cache.put("p", new Picture("red"));

    assertThat(cache.remove("p", new Picture("blue"))).isFalse();
    assertThat(cache.remove("p", new Picture("red"))).isTrue();
    assertThat(cache.containsKey("p")).isFalse();
  }

  @ParameterizedTest
  @EnumSource
  void replaceAndRemove_valueThatWasRead(Build build) {
    Cache<String, Album> cache = build.create(Album.class);
    cache.put("a", new Album("red"));

    assertThat(cache.replace("a", cache.get("a"), new Album("green"))).isTrue();
    Album read = cache.get("a");
    assertThat(cache.remove("a", new Album("blue"))).isFalse();
    assertThat(cache.remove("a", read)).isTrue();
  }

  @SuppressWarnings("NonApiType") // the declared value type of the cache
  private static HashMap<String, Integer> map(List<String> keys) {
    HashMap<String, Integer> map = new HashMap<>();
    keys.forEach(key -> map.put(key, 1));
    return map;
  }
}
