package io.yokedcache.metrics.jmx;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.management.openmbean.CompositeData;
import org.jspecify.annotations.Nullable;

/** The attributes of one {@code io.yokedcache:type=Snapshot} bean: all caches of a manager. */
final class SnapshotBean {

  /** Everything. */
  static final List<String> ALL = List.of("BoundsNanos", "Caches", "Connection");

  /** Everything but operations. */
  static final List<String> FIGURES = List.of("Figures", "Connection");

  private final String manager;
  private final Map<String, Object> attributes;

  SnapshotBean(String manager, Map<String, Object> attributes) {
    this.manager = manager;
    this.attributes = attributes;
  }

  /** Whether it was asked for an attribute that it does not have. */
  boolean lacks(List<String> wanted) {
    return wanted.contains("Figures") && !(attributes.get("Figures") instanceof CompositeData);
  }

  List<CacheReading> caches() {
    if (attributes.get("Figures") instanceof CompositeData figures) {
      return new FigureColumns(figures).caches(manager);
    }
    LatencyBounds bounds = bounds();
    List<CacheReading> caches = new ArrayList<>();
    for (CompositeData cache : OpenData.elements(attributes.get("Caches"))) {
      if (OpenData.value(cache, "cache") instanceof String name) {
        caches.add(
            new CacheReading(
                manager,
                name,
                null,
                operations(OpenData.elements(OpenData.value(cache, "operations")), bounds),
                OpenData.longs(OpenData.value(cache, "counters")),
                OpenData.doubles(OpenData.value(cache, "gauges"))));
      }
    }
    return caches;
  }

  @Nullable ConnectionReading connection() {
    if (!(attributes.get("Connection") instanceof CompositeData data)) {
      return null;
    }
    return new ConnectionReading(
        manager,
        OpenData.value(data, "healthy") instanceof Boolean healthy ? healthy : null,
        ping(OpenData.number(data, "pingNanos")),
        OpenData.number(data, "reconnects"),
        OpenData.number(data, "poolActive"),
        OpenData.number(data, "poolIdle"),
        OpenData.number(data, "poolWaiting"));
  }

  /** The provider says -1 before the first answer. */
  private static @Nullable Long ping(@Nullable Long nanos) {
    return nanos == null || nanos < 0 ? null : nanos;
  }

  private @Nullable LatencyBounds bounds() {
    if (!(attributes.get("BoundsNanos") instanceof long[] nanos)) {
      return null;
    }
    try {
      return LatencyBounds.of(nanos);
    } catch (IllegalArgumentException otherProvidersBounds) {
      return null; // without bounds the cells say nothing; counters and gauges still do
    }
  }

  private static List<OperationReading> operations(
      CompositeData[] elements, @Nullable LatencyBounds bounds) {
    List<OperationReading> operations = new ArrayList<>();
    for (CompositeData data : elements) {
      if (OpenData.value(data, "operation") instanceof String name) {
        operations.add(
            new OperationReading(
                name,
                OpenData.numberOrZero(data, "count"),
                OpenData.numberOrZero(data, "sumNanos"),
                OpenData.numberOrZero(data, "maxNanos"),
                cells(OpenData.value(data, "cells"), bounds),
                OpenData.longs(OpenData.value(data, "errors"))));
      }
    }
    return operations;
  }

  private static @Nullable LatencyCells cells(
      @Nullable Object value, @Nullable LatencyBounds bounds) {
    if (value instanceof long[] counts && bounds != null && counts.length == bounds.size() + 1) {
      return LatencyCells.owning(bounds, counts); // JMX gives a copy to each reader
    }
    return null;
  }
}
