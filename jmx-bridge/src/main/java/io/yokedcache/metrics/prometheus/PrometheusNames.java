package io.yokedcache.metrics.prometheus;

import static java.util.Objects.requireNonNull;

import io.prometheus.metrics.model.snapshots.Labels;
import io.yokedcache.metrics.series.CacheMetric;
import io.yokedcache.metrics.series.MetricKind;
import io.yokedcache.metrics.source.OperationNames;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * From names with dots to Prometheus' names. The client would accept any character, but then the
 * names would need quotes in every query; so only letters, digits and underscores are left.
 */
final class PrometheusNames {

  static final String CACHE = "cache";
  static final String MANAGER = "cache_manager";
  static final String TARGET = "target";

  private static final Pattern METRIC = Pattern.compile("[a-zA-Z_:][a-zA-Z0-9_:]*");
  private static final Pattern LABEL = Pattern.compile("[a-zA-Z_][a-zA-Z0-9_]*");
  private static final Pattern NOT_IN_NAMES = Pattern.compile("[^a-zA-Z0-9_]");

  /** Suffixes that the formats add by themselves. */
  private static final Pattern RESERVED_SUFFIX = Pattern.compile("(_total|_created|_bucket)+$");

  private static final Set<String> OWN_LABELS = ownLabels();

  private final boolean isMicrometer;
  private final String prefix;
  private final Labels constantLabels;
  private final OperationNames operations;

  /** Made once: a scrape needs all of them. */
  private final Map<CacheMetric, String> families = new EnumMap<>(CacheMetric.class);

  PrometheusNames(
      MetricNames scheme, String namespace, String subsystem, Map<String, String> constantLabels) {
    this.isMicrometer = scheme == MetricNames.MICROMETER;
    this.operations = scheme == MetricNames.PYTHON ? OperationNames.PYTHON : OperationNames.DEFAULT;
    this.prefix = part("namespace", namespace) + part("subsystem", subsystem);
    constantLabels.keySet().forEach(PrometheusNames::checkConstantLabel);
    this.constantLabels = labels(Labels.EMPTY, constantLabels);
    for (CacheMetric metric : CacheMetric.values()) {
      families.put(metric, familyOf(metric));
    }
  }

  private static Set<String> ownLabels() {
    Set<String> labels = new HashSet<>(Set.of(CACHE, MANAGER, TARGET, "le", "quantile"));
    Arrays.stream(CacheMetric.values()).forEach(metric -> labels.addAll(metric.labels()));
    return Set.copyOf(labels);
  }

  private static String part(String what, String name) {
    if (name.isEmpty()) {
      return "";
    }
    if (!METRIC.matcher(name).matches()) {
      throw new IllegalArgumentException(
          String.format(
              "The %s \"%s\" must be letters, digits and underscores, and must not begin with a"
                  + " digit",
              what, name));
    }
    return name + "_";
  }

  private static void checkConstantLabel(String name) {
    if (!LABEL.matcher(name).matches() || name.startsWith("__")) {
      throw new IllegalArgumentException(
          String.format(
              "The label \"%s\" must be letters, digits and underscores, and must not begin with a"
                  + " digit or two underscores",
              name));
    }
    if (OWN_LABELS.contains(name)) {
      throw new IllegalArgumentException(
          "The label \"" + name + "\" is one that the metrics have by themselves; choose another");
    }
  }

  OperationNames operations() {
    return operations;
  }

  Labels constantLabels() {
    return constantLabels;
  }

  /** The family's name of a metric of the table, without the suffix that counters get. */
  String family(CacheMetric metric) {
    return requireNonNull(families.get(metric));
  }

  private String familyOf(CacheMetric metric) {
    if (isMicrometer && !metric.micrometerFamily().isEmpty()) {
      return metric.micrometerFamily();
    }
    String name = family(metric.metricName());
    return metric.kind() == MetricKind.HISTOGRAM ? seconds(name) : name;
  }

  String family(String metric) {
    String name =
        RESERVED_SUFFIX.matcher(NOT_IN_NAMES.matcher(metric).replaceAll("_")).replaceFirst("");
    if (name.isEmpty()) {
      throw new IllegalArgumentException("The metric \"" + metric + "\" has no usable name");
    }
    String full = prefix + name;
    return Character.isDigit(full.charAt(0)) ? "_" + full : full;
  }

  String seconds(String family) {
    return family.endsWith("_seconds") ? family : family + "_seconds";
  }

  /** Constant labels and tags; a tag that has the name of a constant label is renamed. */
  Labels labels(Map<String, String> tags) {
    return tags.isEmpty() ? constantLabels : labels(constantLabels, tags);
  }

  private static Labels labels(Labels base, Map<String, String> tags) {
    Map<String, String> labels = new TreeMap<>();
    base.forEach(label -> labels.put(label.getName(), label.getValue()));
    new TreeMap<>(tags)
        .forEach(
            (tag, value) -> {
              String name = label(tag);
              while (labels.containsKey(name)) {
                name = "exported_" + name;
              }
              labels.put(name, value);
            });
    return Labels.of(
        labels.keySet().toArray(String[]::new), labels.values().toArray(String[]::new));
  }

  private static String label(String tag) {
    String name = NOT_IN_NAMES.matcher(tag).replaceAll("_");
    boolean isReserved =
        name.isEmpty()
            || name.equals("le")
            || name.equals("quantile")
            || name.startsWith("__")
            || Character.isDigit(name.charAt(0));
    return isReserved ? "tag_" + name : name;
  }
}
