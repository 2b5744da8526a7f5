package io.yokedcache.jcache.internal.codec;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.codec.RefusedClassException;
import io.yokedcache.jcache.internal.codec.Samples.Base;
import io.yokedcache.jcache.internal.codec.Samples.Color;
import io.yokedcache.jcache.internal.codec.Samples.Custom;
import io.yokedcache.jcache.internal.codec.Samples.Pair;
import io.yokedcache.jcache.internal.codec.Samples.Positive;
import io.yokedcache.jcache.internal.codec.key.CanonicalKeyCodec;
import io.yokedcache.jcache.internal.codec.serial.JavaCodec;
import java.util.List;

/** Encodes and decodes, and prints the outcome: it depends on the filter of the JVM. */
public final class FallbackPrinter {

  private FallbackPrinter() {}

  /** Prints a line per codec and object. */
  public static void main(String[] args) {
    CanonicalKeyCodec<Object> keys = TestSettings.canonical(TestSettings.allowing(), Samples.class);
    JavaCodec<Object> values = TestSettings.java(TestSettings.allowing(), Samples.class);
    for (Object object : List.of(new Base(1), new Pair(1, 2), Color.RED, new Custom("c"))) {
      print("canonical", keys, object);
    }
    for (Object object : List.of(new Base(1), Color.RED, new Custom("c"))) {
      print("java", values, object);
    }
    print("auto", TestSettings.auto(TestSettings.allowing(), Samples.class), new Positive(1));
  }

  private static void print(String name, Codec<Object> codec, Object object) {
    String line = name + " " + object.getClass().getSimpleName() + " ";
    byte[] bytes;
    try {
      bytes = codec.encode(object);
    } catch (RefusedClassException e) {
      System.out.println(line + "not written: " + e.getMessage());
      return;
    }
    try {
      System.out.println(line + codec.decode(bytes).equals(object));
    } catch (RefusedClassException e) {
      System.out.println(line + "not read: " + e.getMessage());
    }
  }
}
