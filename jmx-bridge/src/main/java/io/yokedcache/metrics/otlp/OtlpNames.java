package io.yokedcache.metrics.otlp;

import io.opentelemetry.api.common.AttributeKey;
import io.yokedcache.metrics.series.CacheMetric;
import io.yokedcache.metrics.series.MetricKind;
import io.yokedcache.metrics.series.MetricScope;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The names that the table of series has in OpenTelemetry: dots between words, no unit and no
 * {@code total} at the end, the unit apart in UCUM's code. There is no convention for caches; where
 * there is one, for pools of connections and for errors, it is followed.
 *
 * @param unit for instance {@code s} or {@code {hit}}
 */
record OtlpNames(String name, String unit, String help) {

  static final AttributeKey<String> CACHE = AttributeKey.stringKey("cache.name");
  static final AttributeKey<String> MANAGER = AttributeKey.stringKey("cache.manager");
  static final AttributeKey<String> POOL = AttributeKey.stringKey("db.client.connection.pool.name");
  static final AttributeKey<String> POOL_STATE =
      AttributeKey.stringKey("db.client.connection.state");

  /** OpenTelemetry's convention has one metric for connections and one for waiting threads. */
  static final OtlpNames POOL_SIZE =
      new OtlpNames("db.client.connection.count", "{connection}", CacheMetric.CONNECTIONS.help());

  static final OtlpNames POOL_PENDING =
      new OtlpNames(
          "db.client.connection.pending_requests", "{request}", CacheMetric.CONNECTIONS.help());

  /** The same figures under other names; and the limit of caches, which is Prometheus' own. */
  private static final Set<String> LEFT_OUT =
      Set.of("cache.hits.total", "cache.misses.total", "cache.keys_count", "bridge.dropped_caches");

  private static final Map<String, String> ATTRIBUTES =
      Map.of("error_type", "error.type", "type", "cache.invalidation.type");

  static @Nullable OtlpNames of(CacheMetric metric) {
    String name = metric.metricName();
    if (LEFT_OUT.contains(name) || !metric.isRead()) {
      return null;
    }
    String unit = unit(metric, name);
    name =
        name.replaceFirst("(\\.total|_seconds|_bytes(\\.total)?)$", "")
            .replaceFirst("_duration$", ".duration");
    return new OtlpNames(
        metric.scope() == MetricScope.BRIDGE ? "yokedcache." + name : name, unit, metric.help());
  }

  private static String unit(CacheMetric metric, String name) {
    if (metric.kind() == MetricKind.HISTOGRAM || name.endsWith("_seconds")) {
      return "s";
    }
    if (name.endsWith("_bytes") || name.endsWith("_bytes.total")) {
      return "By";
    }
    String counted = name.replaceFirst("\\.total$", "").replaceFirst(".*[._]", "");
    if (counted.endsWith("s")) {
      return "{" + singular(counted) + "}";
    }
    // A ratio, or one of yes and no, counts nothing.
    return metric.kind() == MetricKind.COUNTER ? "{entry}" : "1";
  }

  private static String singular(String plural) {
    String lower = plural.toLowerCase(Locale.ROOT);
    if (lower.endsWith("ies")) {
      return lower.substring(0, lower.length() - 3) + "y";
    }
    return lower.substring(0, lower.length() - (lower.endsWith("shes") ? 2 : 1));
  }

  static AttributeKey<String> attribute(String label) {
    return AttributeKey.stringKey(ATTRIBUTES.getOrDefault(label, "cache." + label));
  }
}
