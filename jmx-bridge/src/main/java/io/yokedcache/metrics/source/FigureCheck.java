package io.yokedcache.metrics.source;

import java.math.BigInteger;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.InvalidKeyException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks the values of MBeans, and counts the invalid ones. An invalid value removes its own series
 * and nothing else; unchecked, a negative counter would end a whole scrape.
 *
 * <p>What is absent, and a gauge that is {@code NaN}, was not measured; neither is wrong. One
 * object serves one reading, in one thread.
 */
final class FigureCheck {

  private static final Logger logger = LoggerFactory.getLogger(FigureCheck.class);

  private static final int MAX_TOLD = 1_000;
  private static final int MAX_SHOWN_LENGTH = 200;

  private final Set<String> told;
  private long refused;

  FigureCheck(Set<String> told) {
    this.told = told;
  }

  /** Creates the set of values that were logged, which a reader keeps. */
  static Set<String> nothingTold() {
    return ConcurrentHashMap.newKeySet();
  }

  long refused() {
    return refused;
  }

  /** Notes a value that cannot be used, or not even read. */
  void refuse(ObjectName bean, String attribute, String reason) {
    refused++;
    if (told.size() < MAX_TOLD && told.add(bean.getCanonicalName() + ' ' + attribute)) {
      logger.warn(
          "MBean {} has an unusable value of {}: {}. Its series is left out; further unusable"
              + " values of it are only counted",
          shown(bean.getCanonicalName()),
          shown(attribute),
          shown(reason));
    }
  }

  /** A foreign text without characters that could forge lines of the log. */
  private static String shown(String text) {
    String plain = text.replaceAll("\\p{Cntrl}", "?");
    return plain.length() <= MAX_SHOWN_LENGTH
        ? plain
        : plain.substring(0, MAX_SHOWN_LENGTH) + "...";
  }

  /** A count, or nothing. */
  @Nullable Long count(ObjectName bean, String attribute, @Nullable Object value) {
    if (value instanceof Number number && isWhole(number) && number.longValue() >= 0) {
      return number.longValue();
    }
    if (value != null) {
      refuse(bean, attribute, "it is " + kindOf(value) + ", which is not a count");
    }
    return null;
  }

  private static boolean isWhole(Number number) {
    if (number instanceof BigInteger big) {
      return big.bitLength() < Long.SIZE;
    }
    double value = number.doubleValue();
    return Math.abs(value) <= Long.MAX_VALUE; // neither NaN nor infinite
  }

  /** A level or an average, or nothing. */
  @Nullable Double level(ObjectName bean, String attribute, @Nullable Object value) {
    if (value instanceof Number number) {
      double level = number.doubleValue();
      if (level >= 0 && level < Double.POSITIVE_INFINITY) {
        return level;
      }
      if (Double.isNaN(level)) {
        return null;
      }
    }
    if (value != null) {
      refuse(bean, attribute, "it is " + kindOf(value) + ", which is not a size, time or ratio");
    }
    return null;
  }

  private static String kindOf(Object value) {
    return value instanceof Number || value instanceof Boolean
        ? value.toString()
        : "a " + value.getClass().getName();
  }

  /** An item of open data, or nothing if there is none of that name. */
  static @Nullable Object value(CompositeData data, String key) {
    try {
      return data.get(key); // which looks for the key by itself; asking before doubles the cost
    } catch (InvalidKeyException absent) {
      return null;
    }
  }
}
