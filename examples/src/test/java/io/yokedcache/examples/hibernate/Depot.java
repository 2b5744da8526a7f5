package io.yokedcache.examples.hibernate;

/** Part of a composite id. The hash codes of its constants differ from JVM to JVM. */
enum Depot {
  NORTH,
  SOUTH {
    @Override
    boolean isRemote() {
      return true;
    }
  };

  /** Gives one of the constants a class of its own. */
  boolean isRemote() {
    return false;
  }
}
