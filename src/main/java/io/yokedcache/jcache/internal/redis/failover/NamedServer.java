package io.yokedcache.jcache.internal.redis.failover;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.ErrorReply;
import io.yokedcache.jcache.internal.redis.FailOverListener;
import io.yokedcache.jcache.internal.redis.NoMasterException;
import io.yokedcache.jcache.internal.redis.ServerLookup;
import io.yokedcache.jcache.internal.redis.Topology;
import io.yokedcache.jcache.internal.redis.replica.Replication;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.settings.Settings.Address;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * One address that may lead to another server later: a managed service, a proxy or a name service
 * has it follow the master, or the server there has started again with older data.
 *
 * <p>The greeting of each connection asks for the state of replication. A master with another
 * history of changes than the last one ({@code master_replid}) is a new master: connections that
 * were made before are condemned, and the fail-over listener is called before a connection to it is
 * handed out. A replica has the history of its master and changes nothing: it is used as before,
 * and refuses changes.
 *
 * <p>The histories have no order. An address that leads to two masters in turn has each of them
 * made fit again. Such changes are slowed down, and an address that goes on with them is used
 * without these checks.
 *
 * <p>Safe for use by several threads. All waits are bounded by the connect time-out.
 */
public final class NamedServer implements Topology {

  private static final Logger logger = LoggerFactory.getLogger(NamedServer.class);

  /** The pause before the address is tried again. */
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** Changes of the master that follow each other sooner than this are hasty. */
  private static final long HASTY_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** How many hasty changes in a row are followed at once, and how many at all. */
  private static final int MAX_AT_ONCE = 4;

  private static final int MAX_HASTY = 100;

  private final Settings.Connection settings;
  private final long maxValueBytes;
  private final ScheduledExecutorService background;
  private final ErrorReply.Policy policy;
  private final ServerLookup fixed;
  private final FailOverGate gate;
  private final Master master;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final AtomicBoolean warned = new AtomicBoolean();

  private volatile Seen present = new Seen("", 0);

  /** Whether the address goes on to lead to several masters in turn. */
  private volatile boolean isUnsteady;

  /** When the master last changed, and how many changes were hasty; guarded by the monitor. */
  private long changedNanos = System.nanoTime() - HASTY_NANOS;

  private int hasty;

  /**
   * The last master.
   *
   * @param history the id of its stream of changes; empty before the first connection
   * @param number how many changes of the master there were
   */
  private record Seen(String history, int number) {}

  /**
   * Creates it; nothing is connected yet.
   *
   * @param maxValueBytes how long one value of the application may be
   * @param background calls listeners of changes
   * @param failOver makes a new master fit
   */
  public NamedServer(
      Settings.Connection settings,
      long maxValueBytes,
      ScheduledExecutorService background,
      FailOverListener failOver) {
    this.settings = settings;
    this.maxValueBytes = maxValueBytes;
    this.background = background;
    this.policy = new ErrorReply.Policy(settings.commandTimeout());
    this.fixed = ServerLookup.fixed(settings);
    this.gate = new FailOverGate(settings, failOver);
    Lookup lookup = new Lookup(/* isGated= */ true);
    this.master =
        new Master(settings.address(), new Endpoint(settings, policy, maxValueBytes, lookup));
  }

  @Override
  public List<Master> masters() {
    return List.of(master);
  }

  @Override
  public Master masterOf(Bytes route) {
    return master;
  }

  @Override
  public long version(Bytes route) {
    return present.number();
  }

  @Override
  public void onChange(Runnable listener) {
    listeners.add(listener);
  }

  /** Leads there without the gate; that another server answers now is noticed all the same. */
  private Endpoint direct() {
    // It does not wait for a server that loads its data: the threads at the gate would.
    ErrorReply.Policy impatient = new ErrorReply.Policy(Duration.ZERO);
    return new Endpoint(settings, impatient, maxValueBytes, new Lookup(/* isGated= */ false));
  }

  /** Returns the history of the master that has answered; empty if it is none, or unknown. */
  private String see(@Nullable Object answer) {
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
    see(found.history());
    return found.history();
  }

  private void warn(@Nullable Object answer) {
    if (warned.compareAndSet(false, true)) {
      logger.warn(
          "{} does not tell by INFO replication which history of changes it has ({}). After a"
              + " fail-over behind this address, entries whose last changes were lost stay as they"
              + " are. Allow the user of yokedcache.connection +info, or set"
              + " yokedcache.fail-over.recent-changes = 0",
          fixed.address(),
          answer instanceof JedisDataException error ? error.getMessage() : "no master_replid");
    }
  }

  private synchronized boolean isHasty(String history) {
    return hasty >= MAX_AT_ONCE
        && !history.equals(present.history())
        && System.nanoTime() - changedNanos < HASTY_NANOS;
  }

  private synchronized void see(String history) {
    Seen known = present;
    if (history.equals(known.history()) || isUnsteady) {
      return;
    }
    if (known.history().isEmpty()) {
      present = new Seen(history, known.number());
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
          fixed.address());
      return;
    }
    present = new Seen(history, known.number() + 1);
    // After the change above: a connection that begins from now on is compared with the new master.
    policy.condemn();
    logger.info(
        "{} leads to another master, or to one with other data, than before", fixed.address());
    try {
      listeners.forEach(background::execute);
    } catch (RejectedExecutionException closing) {
      logger.debug("Nobody is told, the manager is closed");
    }
  }

  /** Finds the server by its address, and looks at the answer of each connection. */
  private final class Lookup implements ServerLookup {

    /** Whether connections wait for the fail-over listener, as all but its own do. */
    private final boolean isGated;

    private Lookup(boolean isGated) {
      this.isGated = isGated;
    }

    @Override
    public <T> T connect(Function<Settings.Connection, T> attempt) {
      long startNanos = System.nanoTime();
      while (true) {
        try {
          return fixed.connect(attempt);
        } catch (NoMasterException e) {
          boolean isLate = System.nanoTime() - startNanos >= settings.connectTimeout().toNanos();
          if (!isGated || isLate) {
            throw e;
          }
          BoundedWait.pause(PAUSE_NANOS);
        }
      }
    }

    @Override
    public @Nullable CommandArguments question() {
      return isUnsteady ? null : new CommandArguments(Command.INFO).add("replication");
    }

    @Override
    public void check(@Nullable Object answer) {
      String history = see(answer);
      if (!isGated) {
        return;
      }
      gate.pass(() -> present.number(), NamedServer.this::direct);
      if (!history.isEmpty() && !history.equals(present.history()) && !isUnsteady) {
        throw new NoMasterException("the address leads to another server by now");
      }
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
