package io.yokedcache.metrics;

/** A collector and the wall around it: neither its failures nor its delays come through. */
interface CollectorSlot {

  /** One call of a collector. */
  @FunctionalInterface
  interface Event {
    void sendTo(MetricsCollector collector);
  }

  MetricsCollector collector();

  void accept(Event event);

  /** Closes the collector, within a bounded time. */
  void close();
}
