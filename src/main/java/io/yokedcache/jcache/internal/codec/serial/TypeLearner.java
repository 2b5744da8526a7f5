package io.yokedcache.jcache.internal.codec.serial;

import java.util.List;

/** A codec that may read back the classes that were given to it to be encoded, in this JVM. */
public interface TypeLearner {

  /**
   * Returns the classes that this codec has learned so far, besides those that were allowed anyhow.
   *
   * @return their binary names, sorted
   */
  List<String> learnedTypes();
}
