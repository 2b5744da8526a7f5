package io.yokedcache.jcache.internal.codec.serial;

import java.util.List;

/** A codec that may read back the classes that it encoded in this JVM. */
public interface TypeLearner {

  /**
   * Returns the classes that this codec has learned, without the classes that the settings allow.
   *
   * @return their binary names, sorted
   */
  List<String> learnedTypes();
}
