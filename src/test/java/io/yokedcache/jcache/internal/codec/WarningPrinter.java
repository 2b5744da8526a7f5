package io.yokedcache.jcache.internal.codec;

import io.yokedcache.jcache.internal.codec.Samples.Custom;
import io.yokedcache.jcache.internal.codec.key.CanonicalKeyCodec;
import java.util.ArrayDeque;
import java.util.List;

/** Encodes keys without canonical form, several of each class. */
public final class WarningPrinter {

  private WarningPrinter() {}

  /** Makes the codec log its warnings. */
  public static void main(String[] args) {
    CanonicalKeyCodec<Object> codec =
        TestSettings.canonical(TestSettings.allowing(), Samples.class);
    for (int i = 0; i < 3; i++) {
      codec.encode(new Custom("key" + i));
      codec.encode(List.of(new Custom("nested"), i));
      codec.encode(new ArrayDeque<>(List.of(i)));
    }
  }
}
