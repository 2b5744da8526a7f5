package io.yokedcache.metrics.source;

import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * Which caches leave the bridge, by their names; {@code *} stands for any characters and {@code ?}
 * for one. Connections of managers stay.
 *
 * @param include patterns of which a cache must match one; empty for all caches
 * @param exclude patterns of which a cache must match none
 */
public record CacheFilter(List<String> include, List<String> exclude) {

  public static final CacheFilter ALL = new CacheFilter(List.of(), List.of());

  public CacheFilter {
    include = List.copyOf(include);
    exclude = List.copyOf(exclude);
  }

  /** Returns what reads the caches of a source that are left; the source itself if all are. */
  public CacheSource of(CacheSource source) {
    if (equals(ALL)) {
      return source;
    }
    Predicate<String> included = include.isEmpty() ? name -> true : matcher(include);
    Predicate<String> left = included.and(matcher(exclude).negate());
    CacheSource.Selective filter = wanted -> filtered(source.read(wanted), left);
    return filter;
  }

  private static CacheReadings filtered(CacheReadings all, Predicate<String> left) {
    return new CacheReadings(
        all.caches().stream().filter(each -> left.test(each.cache())).toList(),
        all.connections(),
        all.configurations().stream().filter(each -> left.test(each.cache())).toList(),
        all.refused());
  }

  /** Returns whether a name matches one of several patterns as a whole. */
  public static Predicate<String> matcher(List<String> globs) {
    List<Pattern> patterns = globs.stream().map(CacheFilter::pattern).toList();
    return name -> patterns.stream().anyMatch(pattern -> pattern.matcher(name).matches());
  }

  private static Pattern pattern(String glob) {
    StringBuilder regex = new StringBuilder();
    for (int i = 0; i < glob.length(); i++) {
      char c = glob.charAt(i);
      regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
    }
    return Pattern.compile(regex.toString(), Pattern.DOTALL);
  }
}
