package io.yokedcache.metrics.statsd;

/** The dialect that a StatsD daemon understands. */
public enum StatsDFlavour {
  /**
   * Etsy's protocol, without tags: their values become parts of the name, and durations are timers
   * ({@code |ms}) in milliseconds. The type {@code h} is never sent, because a plain daemon adds it
   * up as a counter.
   */
  PLAIN(/* hasTags= */ false),

  /** Datadog's protocol: tags ({@code |#result:hit}), and histograms ({@code |h}) in seconds. */
  DOGSTATSD(/* hasTags= */ true);

  private final boolean hasTags;

  StatsDFlavour(boolean hasTags) {
    this.hasTags = hasTags;
  }

  /** Whether labels are sent as tags; if not, they are parts of the names. */
  public boolean hasTags() {
    return hasTags;
  }
}
