package io.yokedcache.jcache.internal.redis.breaker;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.RedisUnavailableException.Kind;
import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.concurrent.DaemonThreads;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.settings.Settings;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The circuit breaker of one server. It opens after some failures in a row to reach the server.
 * While it is open, requests fail at once and only one thread asks the server, over a connection
 * that it makes for that. The first answer closes the circuit breaker.
 *
 * <p>The state is kept by resilience4j and guarded by this object's monitor. Requests read one
 * volatile field before they begin and one after they succeed; they enter the monitor only after a
 * failure and until the failures have left the window. A failure counts only if its request began
 * after the circuit breaker closed last: the failures of old requests come late. Safe for use by
 * several threads.
 */
public final class NodeBreaker implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(NodeBreaker.class);

  private static final long MIN_PAUSE_MILLIS = 50;
  private static final long MAX_PAUSE_MILLIS = 1_000;

  /** After how long since it closed the first pause is short again. */
  private static final long STABLE_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** A request that failed after this time, without a time-out, has waited for long. */
  private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** The thread that asks decides when the server is asked again, and not a clock. */
  private static final Duration NEVER = Duration.ofDays(365);

  /**
   * News of a circuit breaker.
   *
   * @param node address of the server in messages
   * @param reason the failure that opened it; {@code null} if it closed
   */
  public record Change(String node, @Nullable String reason) {

    public boolean isOpen() {
      return reason != null;
    }
  }

  private final boolean isEnabled;
  private final int failures;
  private final Supplier<String> node;
  private final BooleanSupplier probe;
  private final CircuitBreaker circuit;

  /** Wakes the thread that asks. */
  private final Semaphore wake = new Semaphore(0);

  private volatile Consumer<Change> listener = change -> {};

  private volatile boolean open;

  /** Whether the window has failures. */
  private volatile boolean suspected;

  /** The first failure since the last success; guarded by the monitor, as all fields below. */
  private @Nullable RedisUnavailableException firstFailure;

  private long firstFailureNanos;

  /** When the last failure was counted. */
  private long lastFailureNanos;

  /** When the circuit breaker closed last. */
  private long closedNanos = System.nanoTime();

  private long pauseMillis = MIN_PAUSE_MILLIS;
  private long openings;

  /** Whether this object was closed, so that nothing is asked or counted any more. */
  private boolean ended;

  /** The state while it is open. Replaced as a whole; read without the monitor. */
  private volatile @Nullable Outage outage;

  /**
   * An outage, for the exceptions of requests.
   *
   * @param words the end of their messages
   */
  private record Outage(RedisUnavailableException first, long sinceNanos, String words) {}

  /**
   * Creates a closed circuit breaker.
   *
   * @param node returns the address of the server in messages
   * @param probe asks the server over a new connection, and returns whether it serves; called by
   *     one thread at a time; may throw instead of returning false
   */
  public NodeBreaker(
      Settings.CircuitBreaker settings, Supplier<String> node, BooleanSupplier probe) {
    this.isEnabled = settings.enabled();
    this.failures = settings.failures();
    this.node = node;
    this.probe = probe;
    this.circuit =
        CircuitBreaker.of(
            "node",
            CircuitBreakerConfig.custom()
                .slidingWindowType(SlidingWindowType.COUNT_BASED)
                .slidingWindowSize(failures)
                .minimumNumberOfCalls(failures)
                .failureRateThreshold(100)
                .slowCallDurationThreshold(NEVER)
                .waitDurationInOpenState(NEVER)
                .build());
  }

  /** Sets the listener of changes. It is called in their order and must not wait. */
  public void onChange(Consumer<Change> newListener) {
    listener = newListener;
  }

  /** Whether requests fail at once. */
  public boolean isOpen() {
    return open;
  }

  /** Whether it is open, and the failures began at least that long ago. */
  public boolean isOpenFor(long nanos) {
    Outage now = outage;
    return now != null && System.nanoTime() - now.sinceNanos >= nanos;
  }

  /** Hears that the server answered a request. */
  public void answered() {
    if (suspected) {
      recordAnswer();
    }
  }

  private synchronized void recordAnswer() {
    if (suspected && !open) {
      firstFailure = null;
      circuit.onSuccess(0, TimeUnit.NANOSECONDS);
      suspected = circuit.getMetrics().getNumberOfFailedCalls() > 0;
    }
  }

  /**
   * Hears that a request did not reach the server, or that the server serves nobody.
   *
   * @param startNanos when the request began
   */
  public void failed(RedisUnavailableException failure, long startNanos) {
    if (isEnabled && !open) {
      recordFailure(failure, startNanos);
    }
  }

  private synchronized void recordFailure(RedisUnavailableException failure, long startNanos) {
    if (open || ended || startNanos - closedNanos < 0) {
      return;
    }
    if (suspected && startNanos - lastFailureNanos < 0 && mayShareItsCause(failure, startNanos)) {
      return;
    }
    lastFailureNanos = System.nanoTime();
    if (firstFailure == null) {
      firstFailure = failure;
      firstFailureNanos = lastFailureNanos;
    }
    suspected = true;
    circuit.onError(0, TimeUnit.NANOSECONDS, failure);
    if (circuit.getState() == CircuitBreaker.State.OPEN) {
      open(firstFailure);
    }
  }

  /**
   * Whether a failure may have the same cause as another one that was counted while its request
   * ran. One lost connection fails many requests, and so does one attempt to connect that many
   * threads wait for. Requests that waited for long count each: they are what a circuit breaker is
   * for.
   */
  private static boolean mayShareItsCause(RedisUnavailableException failure, long startNanos) {
    return switch (failure.kind()) {
      case CONNECTION_LOST -> true;
      case UNREACHABLE -> System.nanoTime() - startNanos < LONG_NANOS && !isTimeout(failure);
      default -> false;
    };
  }

  private static boolean isTimeout(Throwable failure) {
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof SocketTimeoutException) {
        return true;
      }
    }
    return false;
  }

  private void open(RedisUnavailableException first) {
    Thread thread = DaemonThreads.create("yokedcache-probe", this::probeUntilClosed);
    boolean again = System.nanoTime() - closedNanos < STABLE_NANOS && openings > 0;
    pauseMillis = again ? longer(pauseMillis) : MIN_PAUSE_MILLIS;
    wake.drainPermits();
    try {
      thread.start();
    } catch (OutOfMemoryError e) {
      // Without the thread nothing would close it again.
      circuit.reset();
      logger.warn("The circuit breaker of {} stays closed, there is no thread left", node.get(), e);
      return;
    }
    openings++;
    outage =
        new Outage(
            first,
            firstFailureNanos,
            " failed: the circuit breaker of the server is open since %s, and nothing was sent. The server is asked by PING, and requests are sent again when it answers. The circuit breaker opened after %s failures in a row (yokedcache.connection.circuit-breaker.failures); the first one: %s"
                .formatted(
                    Instant.now()
                        .minusNanos(System.nanoTime() - firstFailureNanos)
                        .truncatedTo(ChronoUnit.MILLIS),
                    failures,
                    first.getMessage()));
    open = true;
    logger.warn(
        "The circuit breaker of {} is open, requests fail at once: {}",
        node.get(),
        first.getMessage());
    listener.accept(new Change(node.get(), String.valueOf(first.getMessage())));
  }

  /** The exception for a request that is not sent because the circuit breaker is open. */
  public RedisUnavailableException refusal(String operation) {
    Outage now = outage;
    String address = node.get();
    if (now == null) { // it has closed since it was asked
      return new RedisUnavailableException(
          operation + " on " + address + " failed: the server did not answer. Nothing was sent.",
          new IllegalStateException("The circuit breaker was open"),
          Kind.UNREACHABLE,
          address);
    }
    return new RedisUnavailableException(
        operation + " on " + address + now.words, now.first, Kind.UNREACHABLE, address);
  }

  /** Has the server asked now if the circuit breaker is open: another server may have its place. */
  public void probeNow() {
    if (open) {
      wake.release();
    }
  }

  /** Survives every error, since nobody else asks. */
  private void probeUntilClosed() {
    boolean isOver = false;
    while (!isOver) {
      try {
        boolean unused =
            BoundedWait.await(
                TimeUnit.MILLISECONDS.toNanos(pauseMillis()),
                nanos -> wake.tryAcquire(nanos, TimeUnit.NANOSECONDS));
        wake.drainPermits();
        isOver = isEnded() || closesIfServing();
      } catch (Throwable e) {
        // Out of memory or of stack, also for the log, or for the wait above.
        BoundedWait.pause(TimeUnit.MILLISECONDS.toNanos(MIN_PAUSE_MILLIS));
      }
    }
  }

  private boolean closesIfServing() {
    if (isServing()) {
      closeCircuit();
      return true;
    }
    stayOpen();
    return false;
  }

  private synchronized long pauseMillis() {
    return pauseMillis;
  }

  private synchronized boolean isEnded() {
    return ended;
  }

  /** Asks the server. */
  private boolean isServing() {
    try {
      return probe.getAsBoolean();
    } catch (RuntimeException e) {
      logger.debug("{} does not answer yet", node.get(), e);
    } catch (Error e) {
      logger.warn("Asking {} failed, and is tried again", node.get(), e);
    }
    return false;
  }

  private synchronized void stayOpen() {
    pauseMillis = longer(pauseMillis);
  }

  private synchronized void closeCircuit() {
    if (ended) {
      return;
    }
    circuit.reset();
    long nowNanos = System.nanoTime();
    closedNanos = nowNanos;
    firstFailure = null;
    suspected = false;
    outage = null;
    open = false;
    logger.info(
        "The circuit breaker of {} is closed, the server answers again after {} ms",
        node.get(),
        TimeUnit.NANOSECONDS.toMillis(nowNanos - firstFailureNanos));
    listener.accept(new Change(node.get(), /* reason= */ null));
  }

  private static long longer(long pauseMillis) {
    return Math.min(2 * pauseMillis, MAX_PAUSE_MILLIS);
  }

  /** The state now, and how often it opened. */
  public synchronized ConnectionStatistics.Breaker statistics() {
    return new ConnectionStatistics.Breaker(
        openings,
        open ? System.nanoTime() - firstFailureNanos : ConnectionStatistics.Breaker.CLOSED);
  }

  /** Ends the thread that asks, at the latest after the time-outs of one question. */
  @Override
  public synchronized void close() {
    ended = true;
    wake.release();
  }
}
