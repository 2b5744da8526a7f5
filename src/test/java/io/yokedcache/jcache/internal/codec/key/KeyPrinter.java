package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.internal.codec.Samples;
import io.yokedcache.jcache.internal.codec.TestSettings;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jsr107.ri.annotations.DefaultGeneratedCacheKey;

/** Prints the encoded sample keys: the program of the second JVM. */
final class KeyPrinter {

  /** What the lines with keys begin with, since the log may use the same stream. */
  static final String PREFIX = "key ";

  private KeyPrinter() {}

  public static void main(String[] args) {
    lines().forEach(System.out::println);
  }

  static List<String> lines() {
    CanonicalKeyCodec<Object> codec =
        TestSettings.canonical(TestSettings.presets("hibernate"), Samples.class);
    List<Object> keys = new ArrayList<>(KeySamples.all());
    try (HibernateKeys hibernate = new HibernateKeys()) {
      keys.addAll(hibernate.all());
    }
    keys.add(new DefaultGeneratedCacheKey(new Object[] {"E", Samples.Color.RED}));
    List<String> lines = new ArrayList<>();
    for (Object key : keys) {
      lines.add(PREFIX + HexFormat.of().formatHex(codec.encode(key)));
    }
    return lines;
  }
}
