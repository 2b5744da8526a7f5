package io.yokedcache.metrics.source;

import java.io.ObjectInputFilter;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rejects classes that a reading of caches does not need. RMI deserialises every answer of the
 * other JVM, so a hostile JVM could keep the bridge's threads hashing for ever, or fill its memory.
 *
 * <p>Java has one such filter for a whole process, and none for a single client of RMI. So only the
 * stand-alone bridge, whose process has no other purpose, installs it. An application that reads
 * other JVMs by itself sets {@code jdk.serialFilter}.
 */
public final class TargetFilter implements ObjectInputFilter {

  private static final Logger logger = LoggerFactory.getLogger(TargetFilter.class);

  /** Open data of the snapshot are nested half as deep. */
  private static final long MAX_DEPTH = 24;

  /** Enough for 10,000 caches with all timers. */
  private static final long MAX_REFERENCES = 50_000_000;

  private static final long MAX_ARRAY_LENGTH = 50_000_000;
  private static final long MAX_BYTES = 1L << 30;

  /** Sets are hashed when they are read; sets of names are part of answers. */
  private static final long MAX_DEPTH_OF_SETS = 3;

  private static final Set<String> SETS =
      Set.of("java.util.HashSet", "java.util.LinkedHashSet", "java.util.CollSer");

  private static final Set<String> COLLECTIONS =
      Set.of(
          "java.util.AbstractCollection",
          "java.util.AbstractList",
          "java.util.ArrayList",
          "java.util.Arrays$ArrayList",
          "java.util.Date",
          "java.util.Dictionary",
          "java.util.HashMap",
          "java.util.Hashtable",
          "java.util.LinkedHashMap",
          "java.util.LinkedList",
          "java.util.Map$Entry",
          "java.util.TreeMap",
          "java.util.Vector");

  private static final Set<String> PACKAGES =
      Set.of(
          "java.lang.",
          "java.math.",
          "java.rmi.",
          "javax.management.",
          "javax.naming.",
          "javax.rmi.ssl.",
          "javax.security.auth.",
          "sun.rmi.",
          "com.sun.jmx.",
          "com.sun.jndi.rmi.");

  private TargetFilter() {}

  /** Sets the filter of this process, unless {@code -Djdk.serialFilter} has set one. */
  public static void install() {
    try {
      ObjectInputFilter.Config.setSerialFilter(new TargetFilter());
    } catch (IllegalStateException isSetAlready) {
      logger.debug("The filter that jdk.serialFilter has set stays", isSetAlready);
    }
  }

  @Override
  public Status checkInput(FilterInfo info) {
    if (info.depth() > MAX_DEPTH
        || info.references() > MAX_REFERENCES
        || info.arrayLength() > MAX_ARRAY_LENGTH
        || info.streamBytes() > MAX_BYTES) {
      return Status.REJECTED;
    }
    Class<?> type = info.serialClass();
    if (type == null) {
      return Status.UNDECIDED;
    }
    while (type.isArray()) {
      type = type.getComponentType();
    }
    String name = type.getName();
    if (SETS.contains(name)) {
      return info.depth() <= MAX_DEPTH_OF_SETS ? Status.ALLOWED : Status.REJECTED;
    }
    return type.isPrimitive()
            || COLLECTIONS.contains(name)
            || name.startsWith("java.util.Collections$")
            || PACKAGES.stream().anyMatch(name::startsWith)
            || isExceptionOfTheJdk(type, name)
        ? Status.ALLOWED
        : Status.REJECTED;
  }

  private static boolean isExceptionOfTheJdk(Class<?> type, String name) {
    return Throwable.class.isAssignableFrom(type)
        && (name.startsWith("java.") || name.startsWith("javax."));
  }
}
