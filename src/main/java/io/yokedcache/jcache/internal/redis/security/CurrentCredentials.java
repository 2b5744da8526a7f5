package io.yokedcache.jcache.internal.redis.security;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.spi.CredentialsProvider;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The credentials that new connections use: what a provider returned last. If it fails, its last
 * credentials stay. After a change the credentials before are kept until all servers have accepted
 * the new ones: a connection that is refused with the new ones is made with the ones before.
 *
 * <p>The provider is called by one thread only. The state is replaced as a whole by that thread,
 * and read by any without a lock.
 */
final class CurrentCredentials implements CredentialsProvider {

  private static final Logger logger = LoggerFactory.getLogger(CurrentCredentials.class);

  /** How long the provider is not asked again for others after credentials were refused. */
  private static final long RENEWAL_PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final String setting;
  private final CredentialsProvider provider;
  private final Executor thread;
  private final long patienceNanos;
  private final BackgroundErrors errors;
  private final AtomicReference<@Nullable CountDownLatch> renewal = new AtomicReference<>();

  private volatile State state;

  /** When the provider was last asked for others; used by its thread. */
  private long renewedNanos;

  /** Whether the present failure of the provider was logged; used by its thread. */
  private boolean isFailureTold;

  /**
   * The credentials at one time.
   *
   * @param before the ones that the servers have accepted before; {@code null} if they have
   *     accepted the current ones, or there was no change
   */
  private record State(Credentials current, @Nullable Credentials before) {}

  /**
   * Asks the provider for the first time.
   *
   * @param setting the path of the settings of the provider
   * @param thread the thread that calls the provider from now on
   * @param patienceNanos how long a thread waits for it whose credentials were refused
   * @param errors counts the failures of the provider
   * @throws CacheException if the provider has no credentials
   */
  CurrentCredentials(
      String setting,
      CredentialsProvider provider,
      Executor thread,
      long patienceNanos,
      BackgroundErrors errors) {
    this.setting = setting;
    this.provider = provider;
    this.thread = thread;
    this.patienceNanos = patienceNanos;
    this.errors = errors;
    this.renewedNanos = System.nanoTime() - RENEWAL_PAUSE_NANOS;
    try {
      this.state = new State(requireNonNull(provider.credentials(), "credentials"), null);
    } catch (Exception e) { // also one that the method does not declare, as from Kotlin
      throw new CacheException("%s: there are no credentials (%s)".formatted(setting, words(e)), e);
    }
  }

  private static String words(Exception e) {
    return e.getMessage() == null ? e.getClass().getName() : e.getMessage();
  }

  /** Asks the provider; for its thread. */
  void refresh() {
    update(provider::credentials);
  }

  private void update(Supplier<Credentials> question) {
    Credentials next;
    try {
      next = requireNonNull(question.get(), "credentials");
    } catch (Exception e) {
      errors.count(e);
      if (!isFailureTold) {
        isFailureTold = true;
        logger.warn(
            "{}: the credentials cannot be read again, the ones before stay in use: {}",
            setting,
            words(e));
      }
      return;
    }
    if (isFailureTold) {
      isFailureTold = false;
      logger.info("{}: the credentials can be read again", setting);
    }
    State known = state;
    if (!next.equals(known.current)) {
      state = new State(next, known.before == null ? known.current : known.before);
      logger.info("{}: the credentials have changed; all connections get the new ones", setting);
    }
  }

  @Override
  public Credentials credentials() {
    return state.current;
  }

  /**
   * Other credentials than refused ones: the provider's if it has others, else the ones before the
   * last change. Waits for the provider for a bounded time.
   */
  @Override
  public Credentials renew(Credentials refused) {
    if (state.current.equals(refused)) {
      CountDownLatch own = new CountDownLatch(1);
      CountDownLatch running = renewal.compareAndExchange(null, own);
      if (running == null) {
        start(own, refused);
      }
      if (!BoundedWait.await(
          running == null ? own : running, TimeUnit.NANOSECONDS.toMillis(patienceNanos))) {
        logger.debug("{}: the provider takes too long", setting);
      }
    }
    State known = state;
    return known.current.equals(refused) && known.before != null ? known.before : known.current;
  }

  private void start(CountDownLatch done, Credentials refused) {
    try {
      thread.execute(
          () -> {
            try {
              if (System.nanoTime() - renewedNanos >= RENEWAL_PAUSE_NANOS) {
                renewedNanos = System.nanoTime();
                update(() -> provider.renew(refused));
              }
            } finally {
              renewal.set(null);
              done.countDown();
            }
          });
    } catch (RejectedExecutionException closing) {
      renewal.set(null);
      done.countDown();
    }
  }

  /** Whether there are servers that have not accepted the current credentials yet. */
  boolean isChanged() {
    return state.before != null;
  }

  /** Notes that all servers have accepted these credentials; for the provider's thread. */
  void accepted(Credentials credentials) {
    State known = state;
    if (known.current.equals(credentials)) {
      state = new State(known.current, null);
    }
  }

  @Override
  public void close() {
    provider.close();
  }
}
