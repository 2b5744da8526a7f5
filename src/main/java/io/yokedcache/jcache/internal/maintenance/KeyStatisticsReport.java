package io.yokedcache.jcache.internal.maintenance;

import io.yokedcache.jcache.internal.store.keys.KeySpace;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The result of a count, as one JVM writes it to Redis and all read it. It is text: the line {@code
 * key-statistics 1 BEGAN TOOK}, and one line {@code CACHE KEYS BYTES} for each cache with entries.
 *
 * @param beganMillis the beginning of the count, by the clock of Redis
 * @param tookMillis its duration
 * @param caches the sizes, by the caches' escaped names
 */
public record KeyStatisticsReport(long beganMillis, long tookMillis, Map<String, Size> caches) {

  /** The size of a cache without entries, which has no line. */
  static final Size NOTHING = new Size(0, 0);

  private static final String HEAD = "key-statistics 1 ";

  /** A time in the year 4199: no sum of two times may overflow. */
  private static final long MAX_MILLIS = 1L << 46;

  private static final Pattern LINE = Pattern.compile("([^ ]*) ([0-9]{1,18}) (-1|[0-9]{1,18})");

  public KeyStatisticsReport {
    caches = Map.copyOf(caches);
  }

  long endedMillis() {
    return beganMillis + tookMillis;
  }

  Size size(String escapedCache) {
    return caches.getOrDefault(escapedCache, NOTHING);
  }

  byte[] format() {
    StringBuilder text = new StringBuilder(HEAD).append(beganMillis).append(' ').append(tookMillis);
    // Sorted for human readers.
    new TreeMap<>(caches)
        .forEach(
            (cache, size) ->
                text.append('\n')
                    .append(cache)
                    .append(' ')
                    .append(size.keys)
                    .append(' ')
                    .append(size.bytes));
    return text.toString().getBytes(StandardCharsets.US_ASCII);
  }

  /** Reads a report, or returns {@code null} for another text. */
  static @Nullable KeyStatisticsReport parse(byte[] text) {
    String[] lines = new String(text, StandardCharsets.US_ASCII).split("\n", /* limit= */ -1);
    if (!lines[0].startsWith(HEAD)) {
      return null;
    }
    try {
      String[] times = fields(lines[0].substring(HEAD.length()), 2);
      Map<String, Size> caches = new HashMap<>();
      for (int i = 1; i < lines.length; i++) {
        // A malformed line is skipped, the others count.
        Matcher line = LINE.matcher(lines[i]);
        if (line.matches() && KeySpace.isEscaped(line.group(1))) {
          caches.put(
              line.group(1),
              new Size(Long.parseLong(line.group(2)), Long.parseLong(line.group(3))));
        }
      }
      long began = Long.parseLong(times[0]);
      long took = Long.parseLong(times[1]);
      return began < 0 || began > MAX_MILLIS || took < 0 || took > MAX_MILLIS
          ? null
          : new KeyStatisticsReport(began, took, caches);
    } catch (NumberFormatException noReport) {
      return null;
    }
  }

  private static String[] fields(String line, int count) {
    String[] fields = line.split(" ", /* limit= */ -1);
    if (fields.length != count) {
      throw new NumberFormatException(line);
    }
    return fields;
  }

  /**
   * The size of a cache.
   *
   * @param bytes the memory of the entries, or -1 if unknown
   */
  record Size(long keys, long bytes) {}
}
