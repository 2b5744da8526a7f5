package io.yokedcache.metrics.statsd;

import io.yokedcache.metrics.statsd.Event.Kind;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Writes measurements as lines of the StatsD protocol. Not thread-safe. Characters that have a
 * meaning there ({@code : | @ # ,} and line breaks), or that a plain daemon removes, become
 * underscores.
 *
 * <p>The prefix stands for {@code cache}, as in {@code myapp.cache}: so {@code cache.gets.total} is
 * sent as {@code myapp.cache.gets}. Names of an application's own metrics stay as they are, below
 * the prefix.
 */
final class StatsDLineEncoder {

  /** Beyond this a {@code double} holds no odd numbers. */
  private static final double EXACT_INTEGERS = 1L << 53;

  private static final int MAX_CACHES = 100_000;

  /** Tags that a plain name has ahead of the metric, so that a tree of names groups by cache. */
  private static final List<String> LEADING_TAGS = List.of("target", "cache_manager", "cache");

  private static final String OF_CACHES = "cache.";
  private static final String OF_BRIDGE = "bridge.";
  private static final String TOTAL = ".total";

  private final StatsDFlavour flavour;
  private final String prefix;
  private final Map<String, String> constantTags;
  private final StringBuilder line = new StringBuilder(128);

  /** Which cache has a name as it is written; the first one does, others have more to it. */
  private final Map<String, String> caches = new HashMap<>();

  StatsDLineEncoder(StatsDFlavour flavour, String prefix, Map<String, String> constantTags) {
    this.flavour = flavour;
    this.prefix = name(prefix.replaceAll("^\\.+|\\.+$", ""));
    this.constantTags = Map.copyOf(constantTags);
  }

  /**
   * Returns the line, without a line break at its end, or null for a value that no daemon takes:
   * not a number, infinite, a negative count, or (plain) a negative duration. A negative gauge is
   * two lines that must stay in one packet.
   */
  @Nullable String encode(Event event) {
    double value = event.value();
    boolean isDistribution = event.kind() == Kind.HISTOGRAM || event.kind() == Kind.TIMING;
    boolean isNegative =
        value < 0 && (event.kind() == Kind.COUNTER || (isDistribution && isPlain()));
    if (!Double.isFinite(value) || isNegative) {
      return null;
    }
    line.setLength(0);
    if (event.kind() == Kind.GAUGE && value < 0 && isPlain()) {
      // "x:-5|g" is "5 less" to a plain daemon, unless the gauge is zero.
      appendLine(new Event(Kind.GAUGE, event.metric(), 0, event.tags(), 1));
      line.append('\n');
    }
    appendLine(event);
    return line.toString();
  }

  private boolean isPlain() {
    return flavour == StatsDFlavour.PLAIN;
  }

  private void appendLine(Event event) {
    Map<String, String> tags = allTags(event.tags());
    appendName(event.metric(), tags);
    line.append(':');
    boolean isMillis = event.kind() == Kind.TIMING && isPlain();
    append(line, event.value(), isMillis ? 3 : 0);
    line.append('|').append(type(event.kind()));
    if (event.rate() < 1) {
      line.append("|@");
      append(line, event.rate(), 0);
    }
    if (flavour.hasTags()) {
      appendTags(tags);
    }
  }

  private String type(Kind kind) {
    return switch (kind) {
      case COUNTER -> "c";
      case GAUGE -> "g";
      case HISTOGRAM, TIMING -> isPlain() ? "ms" : "h";
    };
  }

  private Map<String, String> allTags(Map<String, String> tags) {
    if (tags.isEmpty()) {
      return constantTags.isEmpty() ? constantTags : new TreeMap<>(constantTags);
    }
    Map<String, String> all = new TreeMap<>(constantTags);
    all.putAll(tags);
    return all;
  }

  private void appendName(String metric, Map<String, String> tags) {
    line.append(prefix);
    if (flavour.hasTags()) {
      appendPart(shortName(metric));
      return;
    }
    for (String leading : LEADING_TAGS) {
      String value = tags.get(leading);
      if (value != null) {
        appendPart(distinct(leading, value, part(value)));
      }
    }
    appendPart(shortName(metric));
    tags.forEach(
        (key, value) -> {
          if (!LEADING_TAGS.contains(key)) {
            appendPart(part(value));
          }
        });
  }

  /** Lines cannot have {@code a:b} or {@code a,b}, and two caches must not become one series. */
  private String distinct(String tag, String raw, String written) {
    if (!tag.equals("cache")) {
      return written;
    }
    String first = caches.get(written);
    if (first == null && caches.size() < MAX_CACHES) {
      caches.put(written, raw);
    }
    return first == null || first.equals(raw)
        ? written
        : written + '_' + Integer.toHexString(raw.hashCode());
  }

  private void appendPart(String part) {
    if (line.length() > 0 && line.charAt(line.length() - 1) != '\n') {
      line.append('.');
    }
    line.append(part);
  }

  private static String shortName(String metric) {
    if (metric.startsWith(OF_CACHES)) {
      return name(withoutTotal(metric.substring(OF_CACHES.length())));
    }
    return name(metric.startsWith(OF_BRIDGE) ? withoutTotal(metric) : metric);
  }

  private static String withoutTotal(String metric) {
    return metric.endsWith(TOTAL) ? metric.substring(0, metric.length() - TOTAL.length()) : metric;
  }

  private void appendTags(Map<String, String> tags) {
    char separator = '#';
    for (Map.Entry<String, String> tag : tags.entrySet()) {
      line.append(separator == '#' ? "|#" : ",");
      String value = tagValue(tag.getValue());
      line.append(name(tag.getKey())).append(':');
      line.append(distinct(tag.getKey(), tag.getValue(), value));
      separator = ',';
    }
  }

  /** Returns a name of letters, digits, {@code _ - .} only; two names may become one. */
  private static String name(String raw) {
    return map(raw, StatsDLineEncoder::isNameCharacter);
  }

  /** Returns one part of a dotted name: no dots, never empty. */
  private static String part(String raw) {
    return raw.isEmpty() ? "_" : map(raw, c -> c != '.' && isNameCharacter(c));
  }

  /** Returns the value of a tag: anything printable that is no separator, never empty. */
  private static String tagValue(String raw) {
    return raw.isEmpty() ? "_" : map(raw, StatsDLineEncoder::isTagCharacter);
  }

  private static boolean isNameCharacter(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '_'
        || c == '-'
        || c == '.';
  }

  private static boolean isTagCharacter(int c) {
    return ":|@#,".indexOf(c) < 0
        && !Character.isWhitespace(c)
        && !Character.isSpaceChar(c)
        && !Character.isISOControl(c);
  }

  private static String map(String raw, IntPredicate allowed) {
    StringBuilder clean = null;
    for (int i = 0; i < raw.length(); i++) {
      if (!allowed.test(raw.charAt(i))) {
        clean = clean == null ? new StringBuilder(raw) : clean;
        clean.setCharAt(i, '_');
      }
    }
    return clean == null ? raw : clean.toString();
  }

  /**
   * Appends a finite number, multiplied by ten to the power of {@code shift}: with a point whatever
   * the locale, and no exponent, because the plain daemon reads {@code @1.0E-4} as 1.
   */
  static void append(StringBuilder out, double number, int shift) {
    if (shift == 0 && number == Math.rint(number) && Math.abs(number) < EXACT_INTEGERS) {
      out.append((long) number);
    } else {
      // Shifted as a decimal: 0.0007 s times 1000 is 0.7000000000000001 as a double.
      BigDecimal decimal = BigDecimal.valueOf(number).movePointRight(shift);
      out.append(decimal.stripTrailingZeros().toPlainString());
    }
  }
}
