package io.yokedcache.jcache.internal.redis.failover;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.NoMasterException;
import io.yokedcache.jcache.internal.redis.PooledExecutor;
import io.yokedcache.jcache.internal.redis.RetryPolicy;
import io.yokedcache.jcache.internal.redis.ServerLookup;
import io.yokedcache.jcache.internal.redis.fence.LostConnections;
import io.yokedcache.jcache.internal.redis.replica.Replication;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.settings.Settings.Address;
import io.yokedcache.jcache.internal.settings.Settings.Deployment.Kind;
import java.io.Serial;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Predicate;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Leads connections to a master, and has the fail-over listener called once for each new one before
 * a connection to it is handed out: requests that begin wait here, with nothing sent. So a change
 * that the listener does not see yet is sent to the new master.
 *
 * <p>A master is new if the topology says so, by {@link #replaced}, or if it has another history of
 * changes ({@code master_replid}) than the last one: another server answers at the same address, or
 * the same one has started again, maybe with older data. The greeting of each connection asks for
 * the history. That of a master which the topology names is taken from its first connection. A
 * replica has the history of its master and changes nothing: it is used as before, and refuses
 * changes.
 *
 * <p>Histories have no order. An address that leads to two masters in turn has each of them
 * repaired again. Such changes are slowed down, and an address that goes on with them is used
 * without the question.
 *
 * <p>Safe for use by several threads. All waits are bounded by the time-outs.
 */
public final class FailOverGate implements ServerLookup {

  private static final Logger logger = LoggerFactory.getLogger(FailOverGate.class);

  /** The pause before the server is tried again. */
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** Changes of the history that follow each other sooner than this are hasty. */
  private static final long HASTY_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** How many hasty changes in a row are followed at once, and how many at all. */
  private static final int MAX_AT_ONCE = 4;

  private static final int MAX_HASTY = 100;

  private final Settings.Connection settings;
  private final long maxValueBytes;
  private final ServerLookup servers;
  private final FailOverListener listener;
  private final Predicate<Bytes> owns;
  private final Runnable onOtherHistory;
  private final long patienceNanos;
  private final AtomicBoolean warned = new AtomicBoolean();

  /** The connections of the listener whose removals may still be executed. */
  private final LostConnections lost = new LostConnections();

  /** Replaced as a whole, under the monitor. */
  private volatile Master master = new Master("", 0);

  /** Whether the address goes on to lead to several masters in turn. */
  private volatile boolean isUnsteady;

  /** When the history last changed, and how many changes were hasty; guarded by the monitor. */
  private long changedNanos = System.nanoTime() - HASTY_NANOS;

  private int hasty;

  /** Held while the listener is called; guards writes of the field below. */
  private final ReentrantLock repairing = new ReentrantLock();

  /** The number of the master for which the listener has returned; the first one needs no call. */
  private volatile int repairedNumber;

  /** The last master to which requests that waited must not be sent; guarded by that lock. */
  private int refusingWaiters = -1;

  /**
   * The last master.
   *
   * @param history the id of its stream of changes; empty before its first connection
   * @param number how many masters there were before
   */
  private record Master(String history, int number) {}

  /** A connection that must not be used yet, for a reason that the lookup behind cannot mend. */
  private static final class UnfitException extends JedisConnectionException {

    @Serial private static final long serialVersionUID = 1L;

    private final NoMasterException reason;

    UnfitException(NoMasterException reason) {
      super(reason);
      this.reason = reason;
    }
  }

  /**
   * Creates it; nothing is connected yet.
   *
   * @param maxValueBytes how long one value of the application may be
   * @param servers finds the server for each connection
   * @param listener repairs a new master; if it is none, histories are not asked for
   * @param owns whether a new master holds the slot of a route that the last one held
   * @param onOtherHistory is called when the history has changed, and must have all older
   *     connections replaced; it must not wait
   */
  public FailOverGate(
      Settings.Connection settings,
      long maxValueBytes,
      ServerLookup servers,
      FailOverListener listener,
      Predicate<Bytes> owns,
      Runnable onOtherHistory) {
    this.settings = settings;
    this.maxValueBytes = maxValueBytes;
    this.servers = servers;
    this.listener = listener;
    this.owns = owns;
    this.onOtherHistory = onOtherHistory;
    this.patienceNanos =
        settings.connectTimeout().toNanos() + 2 * settings.commandTimeout().toNanos();
  }

  /**
   * Notes that another master takes over.
   *
   * @param change makes it the present one, and has all older connections replaced. It must not
   *     wait: the listener is not called before it is over, and connections to the new master wait
   *     for the listener.
   */
  public synchronized void replaced(Runnable change) {
    master = new Master("", master.number() + 1);
    change.run();
  }

  private synchronized int number() {
    return master.number();
  }

  /**
   * Returns when the present master is repaired.
   *
   * @throws NoMasterException if the listener failed, or other threads take too long; the next call
   *     makes it try again. Of another kind than {@code UNREACHABLE} if the request must fail
   */
  public void ensureRepaired() {
    if (repairedNumber == master.number()) {
      return;
    }
    if (!BoundedWait.await(
        patienceNanos, nanos -> repairing.tryLock(nanos, TimeUnit.NANOSECONDS))) {
      throw new NoMasterException(
          "changes that a fail-over may have lost are still being made again on the new master");
    }
    try {
      for (int next = number(); repairedNumber != next; next = number()) {
        if (repair(next)) {
          repairedNumber = next;
        }
      }
      if (repairedNumber == refusingWaiters) {
        throw new NoMasterException(
            "the new master refuses changes, so changes that a fail-over may have lost could not be"
                + " made again; their entries count as absent until it accepts them",
            RedisUnavailableException.Kind.REFUSED);
      }
    } finally {
      repairing.unlock();
    }
  }

  /** Has the listener repair a master; false if that failed, but another one has its place. */
  private boolean repair(int expected) {
    Endpoint newMaster = newMaster();
    try (PooledExecutor executor = new PooledExecutor(newMaster, lost)) {
      if (!listener.replaced(executor, owns)) {
        refusingWaiters = expected;
      }
      return true;
    } catch (CacheException e) {
      if (number() != expected) {
        return false;
      }
      throw new NoMasterException(
          "changes that the fail-over to %s may have lost could not be made again: %s"
              .formatted(newMaster.settings().address(), e.getMessage()));
    }
  }

  /** The present master for the listener, whose connections do not wait at this gate. */
  private Endpoint newMaster() {
    Settings.Connection there = settings.node(requireNonNull(servers.present(), "present"));
    // It does not wait for a server that loads its data: the threads at the gate would.
    RetryPolicy impatient =
        new RetryPolicy(Duration.ZERO, there.deployment().kind() == Kind.CLUSTER);
    return new Endpoint(
        there, impatient, maxValueBytes, new ListenerLookup(ServerLookup.fixed(there)));
  }

  /**
   * Notes which master a connection leads to.
   *
   * @param answer to {@link #question}
   * @return the history of the master that has answered; empty if it is none, or unknown
   */
  private String noteAnswer(@Nullable Object answer) {
    Replication found =
        answer instanceof byte[] info
            ? Replication.parse(new String(info, UTF_8))
            : Replication.UNKNOWN;
    if (answer instanceof JedisDataException || (found.isMaster() && found.history().isEmpty())) {
      warn(answer);
      return "";
    }
    if (!found.isMaster()) {
      return "";
    }
    if (isHasty(found.history())) {
      BoundedWait.pause(PAUSE_NANOS);
    }
    noteHistory(found.history());
    return found.history();
  }

  private void warn(@Nullable Object answer) {
    if (warned.compareAndSet(false, true)) {
      logger.warn(
          "{} does not tell by INFO replication which history of changes it has ({}). If another"
              + " server takes its place behind this address, or it starts again with older data,"
              + " entries whose last changes were lost stay as they are. Allow the user of"
              + " yokedcache.connection +info, or set yokedcache.fail-over.recent-changes = 0",
          address(),
          answer instanceof JedisDataException error ? error.getMessage() : "no master_replid");
    }
  }

  private synchronized boolean isHasty(String history) {
    return hasty >= MAX_AT_ONCE
        && !history.equals(master.history())
        && System.nanoTime() - changedNanos < HASTY_NANOS;
  }

  private synchronized void noteHistory(String history) {
    Master known = master;
    if (history.equals(known.history()) || isUnsteady) {
      return;
    }
    if (known.history().isEmpty()) {
      master = new Master(history, known.number());
      return;
    }
    long now = System.nanoTime();
    hasty = now - changedNanos < HASTY_NANOS ? hasty + 1 : 0;
    changedNanos = now;
    if (hasty > MAX_HASTY) {
      isUnsteady = true;
      logger.warn(
          "{} leads to several masters in turn. Entries whose last changes a fail-over loses stay"
              + " as they are from now on. The address should lead to one master at a time",
          address());
      return;
    }
    master = new Master(history, known.number() + 1);
    onOtherHistory.run();
    logger.info("{} leads to another master, or to one with other data, than before", address());
  }

  @Override
  public <T> T connect(Function<Settings.Connection, T> attempt) {
    long startNanos = System.nanoTime();
    while (true) {
      try {
        return servers.connect(attempt);
      } catch (UnfitException e) {
        boolean isLate = System.nanoTime() - startNanos >= settings.connectTimeout().toNanos();
        if (isLate || e.reason.kind() != RedisUnavailableException.Kind.UNREACHABLE) {
          throw e.reason;
        }
        BoundedWait.pause(PAUSE_NANOS);
      }
    }
  }

  @Override
  public @Nullable CommandArguments question() {
    return isUnsteady || listener == FailOverListener.NONE
        ? null
        : new CommandArguments(Command.INFO).add("replication");
  }

  @Override
  public void check(@Nullable Object answer) {
    String history = noteAnswer(answer);
    try {
      ensureRepaired();
    } catch (NoMasterException e) {
      throw new UnfitException(e);
    }
    if (!history.isEmpty() && !history.equals(master.history()) && !isUnsteady) {
      throw new UnfitException(new NoMasterException("the address leads to another server by now"));
    }
  }

  @Override
  public @Nullable Address present() {
    return servers.present();
  }

  @Override
  public String address() {
    return servers.address();
  }

  @Override
  public String advice() {
    return servers.advice();
  }

  /**
   * The lookup for the connections of the listener: they do not wait for it, and an answer with
   * another history is noted as that of any other connection.
   */
  private final class ListenerLookup implements ServerLookup {

    private final ServerLookup fixed;

    ListenerLookup(ServerLookup fixed) {
      this.fixed = fixed;
    }

    @Override
    public <T> T connect(Function<Settings.Connection, T> attempt) {
      return fixed.connect(attempt);
    }

    @Override
    public @Nullable CommandArguments question() {
      return FailOverGate.this.question();
    }

    @Override
    public void check(@Nullable Object answer) {
      String unused = noteAnswer(answer);
    }

    @Override
    public @Nullable Address present() {
      return fixed.present();
    }

    @Override
    public String address() {
      return fixed.address();
    }

    @Override
    public String advice() {
      return fixed.advice();
    }
  }
}
