package io.yokedcache.metrics.source;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.management.openmbean.CompositeData;
import org.jspecify.annotations.Nullable;

/** The attributes of one {@code io.yokedcache:type=Snapshot} bean: all caches of a manager. */
final class SnapshotBean {

  private static final String FIGURES = "Figures";
  private static final String CONFIGURATIONS = "Configurations";

  private final String manager;
  private final Map<String, Object> attributes;

  SnapshotBean(String manager, Map<String, Object> attributes) {
    this.manager = manager;
    this.attributes = attributes;
  }

  /** The attributes that have what is wanted. */
  static List<String> attributes(Selection wanted) {
    List<String> names = new ArrayList<>(List.of("Connection"));
    if (wanted.operations()) {
      names.addAll(List.of("BoundsNanos", "Caches"));
    } else if (wanted.figures() == null) {
      names.add(FIGURES);
    }
    if (wanted.configurations()) {
      names.add(CONFIGURATIONS);
    }
    return names;
  }

  /** Takes figures that were not read as an attribute. */
  void setFigures(CompositeData figures) {
    attributes.put(FIGURES, figures);
  }

  /** Whether it has figures in columns, as not every version of the provider does. */
  boolean hasFigures() {
    return attributes.get(FIGURES) instanceof CompositeData;
  }

  List<ConfigurationReading> configurations() {
    return attributes.get(CONFIGURATIONS) instanceof CompositeData columns
        ? new ConfigurationColumns(columns).configurations(manager)
        : List.of();
  }

  List<CacheReading> caches() {
    if (attributes.get(FIGURES) instanceof CompositeData figures) {
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
