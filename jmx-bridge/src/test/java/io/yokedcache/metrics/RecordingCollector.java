package io.yokedcache.metrics;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Remembers its calls as text, and fails on demand. */
public final class RecordingCollector implements MetricsCollector {

  public final List<String> calls = new CopyOnWriteArrayList<>();
  volatile Map<String, String> lastTags = Map.of();
  volatile double lastValue;
  volatile @Nullable Throwable failure;
  volatile @Nullable RuntimeException closeFailure;
  volatile int closed;

  @Override
  public void increment(String metric, double value, Map<String, String> tags) {
    record("increment", metric, value, tags);
  }

  @Override
  public void gauge(String metric, double value, Map<String, String> tags) {
    record("gauge", metric, value, tags);
  }

  @Override
  public void histogram(String metric, double value, Map<String, String> tags) {
    record("histogram", metric, value, tags);
  }

  @Override
  public void timing(String metric, double seconds, Map<String, String> tags) {
    record("timing", metric, seconds, tags);
  }

  @Override
  public boolean mayBlock() {
    return false;
  }

  @Override
  @SuppressWarnings("NonAtomicVolatileUpdate") // closed by one thread
  public void close() {
    closed++;
    if (closeFailure != null) {
      throw closeFailure;
    }
  }

  private void record(String method, String metric, double value, Map<String, String> tags) {
    if (failure instanceof RuntimeException e) {
      throw e;
    }
    if (failure instanceof Error e) {
      throw e;
    }
    calls.add(method + " " + metric + " " + value + " " + tags);
    lastTags = tags;
    lastValue = value;
  }
}
