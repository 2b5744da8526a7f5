package io.yokedcache.jcache.internal.maintenance;

import io.yokedcache.jcache.internal.store.KeySpace;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The result of a count, as it stands in Redis for every JVM: lines of text, the first {@code
 * key-statistics 1 BEGAN TOOK}, and one {@code CACHE KEYS BYTES} for each cache that had entries.
 *
 * @param beganMillis when it began, by Redis' clock
 * @param tookMillis how long it took
 * @param caches what was found, by the caches' escaped names
 */
public record KeyStatisticsReport(long beganMillis, long tookMillis, Map<String, Size> caches) {

  /** What a cache has in a report if it had no entries. */
  static final Size NOTHING = new Size(0, 0);

  private static final String HEAD = "key-statistics 1 ";

  /** The years of this millennium and the next, so that no sum of two times can overflow. */
  private static final long MAX_MILLIS = 1L << 46;

  private static final Pattern LINE = Pattern.compile("([^ ]*) ([0-9]{1,18}) (-1|[0-9]{1,18})");

  public KeyStatisticsReport {
    caches = Map.copyOf(caches);
  }

  long endedMillis() {
    return beganMillis + tookMillis;
  }

  byte[] format() {
    StringBuilder text = new StringBuilder(HEAD).append(beganMillis).append(' ').append(tookMillis);
    // Sorted for people who read it.
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

  /** Reads a report, or returns {@code null} if the text is none. */
  static @Nullable KeyStatisticsReport parse(byte[] text) {
    String[] lines = new String(text, StandardCharsets.US_ASCII).split("\n", /* limit= */ -1);
    if (!lines[0].startsWith(HEAD)) {
      return null;
    }
    try {
      String[] times = fields(lines[0].substring(HEAD.length()), 2);
      Map<String, Size> caches = new HashMap<>();
      for (int i = 1; i < lines.length; i++) {
        // A line that is none of ours takes only itself away.
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
   * @param keys how many entries
   * @param bytes how much memory, or -1 if unknown
   */
  record Size(long keys, long bytes) {}
}
