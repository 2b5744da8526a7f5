package io.yokedcache.metrics.page;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the page asks for.
 *
 * @param operation whose percentiles the summary of all caches shows
 * @param selected the cache whose details are wanted; absent for none
 */
record Query(String operation, @Nullable Selection selected) {

  private static final String DEFAULT_OPERATION = "get";

  /** Names one cache. */
  record Selection(String target, String manager, String cache) {}

  /** Understands a query string; unknown and malformed parameters are passed over. */
  static Query parse(@Nullable String rawQuery) {
    Map<String, String> parameters = new HashMap<>();
    if (rawQuery != null) {
      for (String parameter : rawQuery.split("&", -1)) {
        int equals = parameter.indexOf('=');
        if (equals > 0) {
          put(parameters, parameter.substring(0, equals), parameter.substring(equals + 1));
        }
      }
    }
    String cache = parameters.get("cache");
    return new Query(
        parameters.getOrDefault("operation", DEFAULT_OPERATION),
        cache == null
            ? null
            : new Selection(
                parameters.getOrDefault("target", ""),
                parameters.getOrDefault("manager", ""),
                cache));
  }

  private static void put(Map<String, String> parameters, String name, String rawValue) {
    try {
      parameters.put(name, URLDecoder.decode(rawValue, StandardCharsets.UTF_8));
    } catch (IllegalArgumentException malformed) {
      // No cache has such a name, so that its details are not found.
    }
  }
}
