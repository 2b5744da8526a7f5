package io.yokedcache.examples.metrics;

import io.yokedcache.metrics.MetricsCollector;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A collector of your own, to copy and change: posts metrics to a webhook, as a JSON array of
 * objects with {@code type}, {@code metric}, {@code value}, {@code tags} and {@code timestamp}
 * (seconds since 1970).
 *
 * <p>Thread-safe. No method but {@link #close()} ever waits: metrics go into a bounded queue, and a
 * thread posts what has gathered while the last request was under way. What the queue has no room
 * for, and what the webhook does not take after a few tries, is dropped and counted: {@link #sent}
 * and {@link #dropped} add up to all that was recorded.
 */
public final class WebhookCollector implements MetricsCollector {

  private static final int CAPACITY = 10_000;
  private static final int MAX_BATCH = 500;
  private static final long POLL_MILLIS = 100;

  private final Webhook webhook;
  private final Duration closeTimeout;
  private final BlockingQueue<Metric> queue = new ArrayBlockingQueue<>(CAPACITY);
  private final LongAdder sent = new LongAdder();
  private final LongAdder dropped = new LongAdder();
  private final AtomicReference<@Nullable String> lastFailure = new AtomicReference<>();
  private final Thread thread = new Thread(this::run, "webhook-metrics");
  private volatile boolean isClosing;
  private volatile boolean isEnded;

  /**
   * Starts a collector, whether the webhook is there or not.
   *
   * @param uri where to post to
   * @param requestTimeout how long one request may take; there are up to three for each batch
   * @param closeTimeout how long {@link #close()} may wait for the last batches
   */
  public WebhookCollector(URI uri, Duration requestTimeout, Duration closeTimeout) {
    this.webhook = new Webhook(uri, requestTimeout);
    this.closeTimeout = closeTimeout;
    this.thread.setDaemon(true);
    this.thread.start();
  }

  @Override
  public void increment(String metric, double value, Map<String, String> tags) {
    offer("increment", metric, value, tags);
  }

  @Override
  public void gauge(String metric, double value, Map<String, String> tags) {
    offer("gauge", metric, value, tags);
  }

  @Override
  public void histogram(String metric, double value, Map<String, String> tags) {
    offer("histogram", metric, value, tags);
  }

  @Override
  public void timing(String metric, double seconds, Map<String, String> tags) {
    offer("timing", metric, seconds, tags);
  }

  /** {@return false: it has a queue and a thread of its own} */
  @Override
  public boolean mayBlock() {
    return false;
  }

  /**
   * Returns how many metrics the webhook has taken.
   *
   * @return the number since the start
   */
  public long sent() {
    return sent.sum();
  }

  /**
   * Returns how many metrics were lost: no room, not a number, or not taken by the webhook.
   *
   * @return the number since the start
   */
  public long dropped() {
    return dropped.sum();
  }

  /**
   * Returns why the last batch that was lost was lost.
   *
   * @return absent if none was
   */
  public @Nullable String lastFailure() {
    return lastFailure.get();
  }

  private void offer(String type, String metric, double value, Map<String, String> tags) {
    // JSON has no word for infinity.
    boolean isTaken =
        Double.isFinite(value)
            && !isClosing
            && queue.offer(
                new Metric(type, metric, value, Map.copyOf(tags), System.currentTimeMillis()));
    if (!isTaken) {
      dropped.increment();
    } else if (isEnded) {
      dropQueued();
    }
  }

  private void run() {
    List<Metric> batch = new ArrayList<>();
    try {
      while (!isClosing || !queue.isEmpty()) {
        Metric first = queue.poll(POLL_MILLIS, TimeUnit.MILLISECONDS);
        if (first != null) {
          batch.add(first);
          queue.drainTo(batch, MAX_BATCH - 1);
          post(batch);
          batch.clear();
        }
      }
    } catch (InterruptedException outOfTime) {
      dropped.add(batch.size());
    } finally {
      isEnded = true;
      dropQueued();
    }
  }

  private void post(List<Metric> batch) throws InterruptedException {
    try {
      webhook.send(batch.stream().map(Metric::json).collect(Collectors.joining(",\n", "[", "]")));
      sent.add(batch.size());
    } catch (IOException e) {
      lastFailure.set(e.getMessage());
      dropped.add(batch.size());
    }
  }

  private void dropQueued() {
    while (queue.poll() != null) {
      dropped.increment();
    }
  }

  /** Sends what is queued, as long as the time for that lasts; may be called twice. */
  @Override
  public void close() {
    isClosing = true;
    try {
      thread.join(Math.max(1, closeTimeout.toMillis()));
      thread.interrupt();
      // Nothing that the thread does goes on after an interrupt.
      thread.join(POLL_MILLIS * 10);
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
  }

  /** One call, with the time at which it was made. */
  private record Metric(
      String type, String metric, double value, Map<String, String> tags, long epochMillis) {

    String json() {
      return "{\"type\":"
          + JsonText.quoted(type)
          + ",\"metric\":"
          + JsonText.quoted(metric)
          + ",\"value\":"
          + value
          + ",\"tags\":"
          + JsonText.object(tags)
          + ",\"timestamp\":"
          + epochMillis / 1000
          + '.'
          + String.format(Locale.ROOT, "%03d", epochMillis % 1000)
          + '}';
    }
  }
}
