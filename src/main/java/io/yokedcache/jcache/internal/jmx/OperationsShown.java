package io.yokedcache.jcache.internal.jmx;

/** Which operations of a cache with statistics have an MBean. */
public enum OperationsShown {
  /** Those that were used, from their first use on. */
  USED,
  ALL,
  NONE;

  boolean shows(boolean isUsed) {
    return switch (this) {
      case USED -> isUsed;
      case ALL -> true;
      case NONE -> false;
    };
  }
}
