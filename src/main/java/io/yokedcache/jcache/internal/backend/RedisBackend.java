package io.yokedcache.jcache.internal.backend;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.concurrent.BackgroundErrors;
import io.yokedcache.jcache.internal.maintenance.KeyStatisticsCollector;
import io.yokedcache.jcache.internal.maintenance.StaleEntryCleaner;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.metrics.FailOverStatistics;
import io.yokedcache.jcache.internal.metrics.RoundTripTimer;
import io.yokedcache.jcache.internal.near.InvalidationListener;
import io.yokedcache.jcache.internal.near.NearCache;
import io.yokedcache.jcache.internal.redis.Endpoint;
import io.yokedcache.jcache.internal.redis.PooledExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.ServerLookup;
import io.yokedcache.jcache.internal.redis.Topology;
import io.yokedcache.jcache.internal.redis.breaker.NodeBreaker;
import io.yokedcache.jcache.internal.redis.cluster.ClusterExecutor;
import io.yokedcache.jcache.internal.redis.failover.FailOverListener;
import io.yokedcache.jcache.internal.redis.failover.SingleMaster;
import io.yokedcache.jcache.internal.redis.health.HealthCheck;
import io.yokedcache.jcache.internal.redis.pipeline.PipelinedExecutor;
import io.yokedcache.jcache.internal.redis.replica.Replicas;
import io.yokedcache.jcache.internal.redis.security.ConnectionSecurity;
import io.yokedcache.jcache.internal.redis.sentinel.MasterResolver;
import io.yokedcache.jcache.internal.remote.RemoteEventSubscriber;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.settings.Settings.OnFailure;
import io.yokedcache.jcache.internal.store.Announcement;
import io.yokedcache.jcache.internal.store.EntryStore;
import io.yokedcache.jcache.internal.store.RecentChanges;
import io.yokedcache.jcache.internal.store.RemoteEventMessage;
import io.yokedcache.jcache.internal.store.RemoteEventPublisher;
import io.yokedcache.jcache.internal.store.StoredCache;
import io.yokedcache.jcache.internal.store.generation.Generations;
import io.yokedcache.jcache.internal.store.generation.Generations.CacheIdentity;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import io.yokedcache.jcache.internal.store.owed.OwedInvalidations;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The connection of one cache manager to Redis, and the stores of its caches. Safe for use by
 * several threads. {@link #close} ends every operation under way. It connects by itself, in the
 * background, and goes on if it cannot.
 */
public final class RedisBackend implements AutoCloseable {

  private static final Duration FOR_EVER = Duration.ofDays(365);
  private static final Duration MAX_TICK = Duration.ofSeconds(30);

  /** The largest number of keys of a cache whose removal is owed. */
  private static final int MAX_OWED_KEYS = 10_000;

  private static final long SETTLE_MILLIS = 500;

  /**
   * The parts that are closed, in this order: first the users of the connections, then those that
   * open or replace connections, then the connections.
   */
  private enum Part {
    INVALIDATIONS,
    KEY_STATISTICS,
    SUBSCRIBER,
    HEALTH,
    SECURITY,
    MASTER_LOOKUP,
    REPLICAS,
    EXECUTOR
  }

  /** Closes the parts that exist. Filled by the constructor, which may fail at any of them. */
  private final Map<Part, Runnable> closing = new EnumMap<>(Part.class);

  private final Settings settings;
  private final ConnectionSecurity security;
  private final Servers servers;
  private final RedisExecutor executor;
  private final HealthCheck health;
  private final Announcement announcement;
  private final RemoteEventSubscriber subscriber;
  private final StaleEntryCleaner cleaner;
  private final KeyStatisticsCollector keyStatistics;
  private final InvalidationListener invalidations;

  /** Tells the events of this manager's cache objects from those of others. */
  private final long manager = ThreadLocalRandom.current().nextLong();

  private final AtomicInteger cacheObjects = new AtomicInteger();
  private final OwedInvalidations owed = new OwedInvalidations(MAX_OWED_KEYS);

  private final AcknowledgedClears clears;

  /** Null on one server. */
  private final @Nullable Replicas replicas;

  /** Null if switched off. */
  private final @Nullable RecentChanges recentChanges;

  /**
   * Threads that must not delay each other.
   *
   * @param pings the pings of subscriptions, which must be sent in time and never wait
   * @param background renews leases and keeps connections alive
   * @param scans walks over all keys, and computes figures from the result
   * @param health checks the connection
   */
  public record Schedulers(
      ScheduledExecutorService pings,
      ScheduledExecutorService background,
      ScheduledExecutorService scans,
      ScheduledExecutorService health) {}

  /**
   * Creates the backend of a manager.
   *
   * @param loader finds the application's classes
   * @param errors counts the errors that the threads survive
   * @param listener is called when Redis stops and begins to answer
   */
  public RedisBackend(
      Settings settings,
      @Nullable ClassLoader loader,
      Schedulers schedulers,
      BackgroundErrors errors,
      HealthCheck.Listener listener) {
    this.settings = settings;
    this.recentChanges = recentChanges(settings);
    this.security = new ConnectionSecurity(settings.connection(), loader, errors);
    closing.put(Part.SECURITY, security::close);
    try {
      this.servers = servers(security.connection(), schedulers, errors, failOverListener());
      this.executor = servers.executor;
      this.replicas = servers.replicas;
      this.clears = new AcknowledgedClears(executor, settings.failOver());
      this.health =
          new HealthCheck(
              executor,
              KeySpace.probeKey(settings.namespace()),
              schedulers.health(),
              settings.health().interval().toMillis(),
              listener);
      closing.put(Part.HEALTH, health::close);
      servers.trouble.listen(health::operationFailed, health::refused, health::breakerChanged);
      this.announcement =
          new Announcement(
              executor,
              settings.namespace(),
              settings.events().announce(),
              schedulers.background());
      this.subscriber =
          new RemoteEventSubscriber(
              executor,
              servers.topology,
              settings.events(),
              settings.namespace(),
              announcement,
              errors,
              schedulers.pings(),
              schedulers.background());
      closing.put(Part.SUBSCRIBER, subscriber::close);
      this.cleaner =
          new StaleEntryCleaner(
              executor, settings.namespace(), settings.staleEntries(), schedulers.scans());
      this.keyStatistics =
          new KeyStatisticsCollector(
              executor, settings.namespace(), settings.keyStatistics(), schedulers.scans());
      closing.put(Part.KEY_STATISTICS, keyStatistics::close);
      this.invalidations =
          new InvalidationListener(
              servers.topology, settings.nearStaleness(), errors, schedulers.pings());
      closing.put(Part.INVALIDATIONS, invalidations::close);
      start(schedulers);
    } catch (RuntimeException | Error e) {
      var unused = closeParts(e);
      throw e;
    }
  }

  private void start(Schedulers schedulers) {
    servers.start.run();
    security.start(this::endpoints, () -> keepAlive(FOR_EVER), servers.renewWatch);
    health.start();
    var unused =
        schedulers
            .background()
            .scheduleWithFixedDelay(
                this::settle, SETTLE_MILLIS, SETTLE_MILLIS, TimeUnit.MILLISECONDS);
    keepAlive(settings.connection().keepAlive(), schedulers.background());
  }

  private Collection<Endpoint> endpoints() {
    Collection<Endpoint> all = new ArrayList<>(servers.endpoints.get());
    if (replicas != null) {
      all.addAll(replicas.endpoints());
    }
    return all;
  }

  private void keepAlive(Duration silence) {
    executor.keepAlive(silence);
    if (replicas != null) {
      replicas.keepAlive(silence);
    }
  }

  private void settle() {
    if (health.isHealthy()) {
      owed.settleAll();
    }
  }

  /** Checks twice an interval, so that no connection is silent for longer than the interval. */
  private void keepAlive(Duration interval, ScheduledExecutorService background) {
    // Idle connections of the pool are closed in any case.
    Duration silence = interval.isZero() ? FOR_EVER : interval.dividedBy(2);
    long millis = Math.max(1, Math.min(silence.toMillis(), MAX_TICK.toMillis()));
    var unused =
        background.scheduleWithFixedDelay(
            () -> keepAlive(silence), millis, millis, TimeUnit.MILLISECONDS);
  }

  /** Where the listeners to failed requests, errors of servers and circuit breakers are set. */
  private interface Trouble {
    void listen(
        Consumer<RedisUnavailableException> failed,
        Consumer<String> refused,
        Consumer<NodeBreaker.Change> changed);
  }

  /**
   * The servers of the deployment.
   *
   * @param endpoints the servers with connections
   * @param replicas the replicas that may be read; {@code null} on one server
   * @param start begins to watch for a new master
   * @param renewWatch has that done by a new connection
   */
  private record Servers(
      RedisExecutor executor,
      Topology topology,
      Trouble trouble,
      Supplier<Collection<Endpoint>> endpoints,
      @Nullable Replicas replicas,
      Runnable start,
      Runnable renewWatch) {}

  private @Nullable RecentChanges recentChanges(Settings settings) {
    Settings.FailOver failOver = settings.failOver();
    return failOver.recentChanges() == 0
        ? null
        : new RecentChanges(failOver.recentChanges(), failOver.within(), this::deleteStaleEntries);
  }

  private FailOverListener failOverListener() {
    return recentChanges == null ? FailOverListener.NONE : recentChanges;
  }

  private void deleteStaleEntries() {
    cleaner.request();
  }

  private Servers servers(
      Settings.Connection connection,
      Schedulers schedulers,
      BackgroundErrors errors,
      FailOverListener failOvers) {
    return switch (connection.deployment().kind()) {
      case STANDALONE -> standalone(connection, schedulers, failOvers);
      case SENTINEL -> sentinel(connection, schedulers, errors, failOvers);
      case CLUSTER -> cluster(connection, errors, failOvers);
    };
  }

  private Servers standalone(
      Settings.Connection connection, Schedulers schedulers, FailOverListener failOvers) {
    SingleMaster server =
        new SingleMaster(
            connection.address(),
            connection,
            settings.serialization().maxBytes(),
            ServerLookup.fixed(connection),
            schedulers.background(),
            failOvers);
    return oneMaster(server, pool -> null, () -> {}, () -> {});
  }

  private Servers sentinel(
      Settings.Connection connection,
      Schedulers schedulers,
      BackgroundErrors errors,
      FailOverListener failOvers) {
    long maxBytes = settings.serialization().maxBytes();
    MasterResolver resolver =
        new MasterResolver(
            connection, maxBytes, schedulers.background(), schedulers.pings(), errors, failOvers);
    closing.put(Part.MASTER_LOOKUP, resolver::close);
    String name = resolver.address();
    return oneMaster(
        resolver.topology(),
        pool ->
            new Replicas(
                connection,
                maxBytes,
                settings.replicaLag(),
                () -> List.of(new Replicas.Master(name, pool, /* replicas= */ null)),
                route -> name,
                errors),
        resolver::start,
        resolver::renewWatch);
  }

  private Servers cluster(
      Settings.Connection connection, BackgroundErrors errors, FailOverListener failOvers) {
    long maxBytes = settings.serialization().maxBytes();
    ClusterExecutor cluster = new ClusterExecutor(connection, maxBytes, errors, failOvers);
    closing.put(Part.EXECUTOR, cluster::close);
    Topology topology = cluster.topology();
    Replicas readable =
        new Replicas(
            connection,
            maxBytes,
            settings.replicaLag(),
            cluster::replicated,
            route -> topology.masterOf(route).name(),
            errors);
    closing.put(Part.REPLICAS, readable::close);
    return new Servers(
        cluster, topology, cluster::listen, cluster::endpoints, readable, () -> {}, () -> {});
  }

  /** One server at a time, with one or several connections. */
  private Servers oneMaster(
      SingleMaster topology,
      Function<PooledExecutor, @Nullable Replicas> replicasOf,
      Runnable start,
      Runnable renewWatch) {
    Endpoint server = topology.endpoint();
    PooledExecutor pool = new PooledExecutor(server);
    closing.put(Part.EXECUTOR, pool::close);
    topology.onChange(pool.breaker()::probeNow);
    RedisExecutor executor =
        switch (server.settings().executor()) {
          case PIPELINED -> new PipelinedExecutor(pool);
          case POOLED -> pool;
        };
    closing.put(Part.EXECUTOR, executor::close); // closes the pool too
    Replicas readable = replicasOf.apply(pool);
    if (readable != null) {
      closing.put(Part.REPLICAS, readable::close);
    }
    return new Servers(
        executor,
        topology,
        (failed, refused, changed) -> {
          pool.failures().onFailure(failed);
          pool.policy().onRefusal(refused);
          pool.breaker().onChange(changed);
        },
        () -> List.of(server),
        readable,
        start,
        renewWatch);
  }

  /**
   * How a cache uses Redis.
   *
   * @param batchSize the number of keys in a round trip
   * @param onFailure what its operations do while Redis is away
   * @param readsReplicas whether reads may go to replicas; no effect on one server
   * @param removesDoubtful whether entries are removed that may be old after a failure
   */
  public record CacheOptions(
      int batchSize, OnFailure onFailure, boolean readsReplicas, boolean removesDoubtful) {}

  /**
   * The backend of one cache. Nothing is sent before its first operation.
   *
   * @param near its near cache, or {@code null}
   * @param timer returns the timer of a round trip
   */
  public CacheBackend open(
      CacheIdentity identity,
      CacheOptions options,
      @Nullable NearCache<?> near,
      Supplier<RoundTripTimer> timer) {
    KeySpace names = new KeySpace(settings.namespace(), identity.cacheName(), settings.buckets());
    StoredCache cache =
        new StoredCache(
            executor.timedBy(timer),
            names,
            identity,
            settings.events().announce(),
            options.batchSize());
    Generations generations = cache.generations();
    RemoteEventPublisher publisher =
        new RemoteEventPublisher(
            cache, RemoteEventMessage.origin(manager, cacheObjects.incrementAndGet()));
    EntryStore entries =
        new EntryStore(
            cache,
            publisher,
            announcement,
            options.onFailure() == OnFailure.DEGRADE,
            owed.of(names.toString(), options.removesDoubtful()),
            options.readsReplicas() && replicas != null ? replicas.reader(timer) : null);
    return new CacheBackend(
        new CacheBackend.Shared(invalidations, subscriber, cleaner, clears),
        names,
        generations,
        entries,
        publisher,
        near,
        recentChanges != null && options.removesDoubtful()
            ? recentChanges.of(names, generations, entries)
            : null);
  }

  public KeyStatisticsCollector keyStatistics() {
    return keyStatistics;
  }

  /** The address of the server in messages: scheme, host and port, without credentials. */
  public String address() {
    return executor.address();
  }

  /** The state of the connection; sends no command. */
  public ConnectionStatistics connection() {
    FailOverStatistics failOvers =
        recentChanges == null ? FailOverStatistics.NONE : recentChanges.statistics();
    return new ConnectionStatistics(
        health.isHealthy(),
        health.pingNanos(),
        replicas == null
            ? executor.connections()
            : executor.connections().plus(replicas.connections()),
        executor.nodes(health::ping),
        failOvers,
        clears.unacknowledged(),
        health.breakerOpenings());
  }

  @Override
  public void close() {
    Throwable failure = closeParts(/* failure= */ null);
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
  }

  /** Closes all parts, and returns the first failure with the others suppressed. */
  private @Nullable Throwable closeParts(@Nullable Throwable failure) {
    Throwable first = failure;
    for (Runnable part : closing.values()) {
      try {
        part.run();
      } catch (RuntimeException | Error e) {
        if (first == null) {
          first = e;
        } else if (first != e) {
          first.addSuppressed(e);
        }
      }
    }
    return first;
  }
}
