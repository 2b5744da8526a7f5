package io.yokedcache.metrics.bridge;

import io.yokedcache.metrics.prometheus.Histograms;
import io.yokedcache.metrics.prometheus.MetricNames;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The group {@code prometheus}.
 *
 * @param enabled whether metrics are served
 * @param listener where they are served
 * @param naming what they are called
 * @param histograms the form of distributions
 * @param bucketsSeconds upper bounds of classic histograms; empty for the default
 * @param maxCaches how many caches are shown at most
 * @param jvm whether this JVM's own metrics are shown, too
 */
public record PrometheusOutput(
    boolean enabled,
    Listener listener,
    Naming naming,
    Histograms histograms,
    List<Double> bucketsSeconds,
    int maxCaches,
    boolean jvm) {

  /**
   * Where metrics are served, and to whom.
   *
   * @param host the address to listen on
   * @param port 0 for any that is free
   * @param path of the metrics, with a leading slash
   * @param user for Basic authentication; absent for none
   * @param password the user's
   * @param tls certificates for https
   * @param statusPage whether there is a page for people at {@code /}
   */
  public record Listener(
      String host,
      int port,
      String path,
      @Nullable String user,
      @Nullable Secret password,
      TlsFiles tls,
      boolean statusPage) {}

  /**
   * What metrics are called.
   *
   * @param style whose names
   * @param namespace what all names begin with
   * @param subsystem what follows the namespace
   * @param labels of every series
   * @param cacheLabels whether caches are told apart
   */
  public record Naming(
      MetricNames style,
      String namespace,
      String subsystem,
      Map<String, String> labels,
      boolean cacheLabels) {}
}
