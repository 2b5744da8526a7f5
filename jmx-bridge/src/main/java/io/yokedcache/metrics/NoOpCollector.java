package io.yokedcache.metrics;

import java.util.Map;

/** Drops everything, which turns metrics off without a change of the application. */
public final class NoOpCollector implements MetricsCollector {

  public NoOpCollector() {}

  @Override
  public void increment(String metric, double value, Map<String, String> tags) {}

  @Override
  public void gauge(String metric, double value, Map<String, String> tags) {}

  @Override
  public void histogram(String metric, double value, Map<String, String> tags) {}

  @Override
  public void timing(String metric, double seconds, Map<String, String> tags) {}

  @Override
  public boolean mayBlock() {
    return false;
  }

  /** {@return true, so that no events of caches are made for it} */
  @Override
  public boolean readsCaches() {
    return true;
  }
}
