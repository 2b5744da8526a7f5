package io.yokedcache.jcache.internal.settings;

import static java.util.Objects.requireNonNull;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigObject;
import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.spi.CredentialsProvider;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import javax.cache.CacheException;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a cache manager, with a nested record for each group of {@code reference.conf},
 * whose comments have the meaning, unit and range of each setting. A component that is {@code null}
 * is not set. Immutable.
 *
 * @param embedded the private servers to start, or {@code null} to connect to the servers of {@code
 *     connection}
 * @param nearStaleness {@code near.max-staleness}
 * @param replicaLag {@code replicas.max-lag}
 * @param definedCaches names of the caches that the file defines by their full name; {@code
 *     getCache} creates these at first use
 * @param caches function from the name of a cache to its settings
 * @param groups the settings of other jars
 * @param files the configuration files that were read, as messages name them
 */
public record Settings(
    @Nullable Embedded embedded,
    Connection connection,
    String namespace,
    int buckets,
    SerializationSettings serialization,
    Events events,
    StaleEntries staleEntries,
    KeyStatistics keyStatistics,
    Health health,
    FailOver failOver,
    OperationBeans operationBeans,
    int maxOperationBeans,
    Duration nearStaleness,
    Duration replicaLag,
    Set<String> definedCaches,
    Function<String, Cache> caches,
    Groups groups,
    List<String> files) {

  public Settings {
    files = List.copyOf(files);
  }

  public Settings withConnection(Connection other) {
    return new Settings(
        embedded,
        other,
        namespace,
        buckets,
        serialization,
        events,
        staleEntries,
        keyStatistics,
        health,
        failOver,
        operationBeans,
        maxOperationBeans,
        nearStaleness,
        replicaLag,
        definedCaches,
        caches,
        groups,
        files);
  }

  /**
   * The private servers of a manager, which start and end with it.
   *
   * @param masters at least 1; more than 1 only in a cluster
   * @param replicas number of replicas of each master
   */
  public record Embedded(Deployment.Kind kind, int masters, int replicas) {}

  /**
   * The address of one node.
   *
   * @param host host name or address, IPv6 without brackets
   */
  public record Address(String host, int port) {

    /** Returns {@code host:port}, with brackets around an IPv6 address. */
    @Override
    public String toString() {
      return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port;
    }
  }

  /**
   * How the servers of a deployment are found. {@link #toString} leaves the password out.
   *
   * @param nodes the server; or the nodes of a cluster that are asked first; or the sentinels
   * @param masterName the name of the master that the sentinels watch, or {@code null} without
   *     sentinels
   */
  public record Deployment(
      Kind kind,
      List<Address> nodes,
      @Nullable String masterName,
      @Nullable String sentinelUser,
      @Nullable String sentinelPassword,
      boolean sentinelTls) {

    public Deployment {
      nodes = List.copyOf(nodes);
    }

    public enum Kind {
      /** One server at a fixed address. */
      STANDALONE,
      /** The master that sentinels name; another one after a fail-over. */
      SENTINEL,
      /** Redis Cluster: several masters, each with a part of the keys. */
      CLUSTER
    }

    public static Deployment standalone(String host, int port) {
      return new Deployment(
          Kind.STANDALONE, List.of(new Address(host, port)), null, null, null, false);
    }

    @Override
    public String toString() {
      return "Deployment["
          + kind
          + " "
          + nodes
          + (masterName == null ? "" : " " + masterName)
          + "]";
    }
  }

  /**
   * A Redis server, or a deployment of several, and how to talk to it. {@link #toString} leaves the
   * password out.
   *
   * @param host host name or address: of the server, or of one node of the deployment
   * @param security the present credentials and certificates; {@link Security#NONE} as long as no
   *     manager has set them
   */
  public record Connection(
      Deployment deployment,
      String host,
      int port,
      int database,
      @Nullable String user,
      @Nullable String password,
      boolean tls,
      Tls tlsSettings,
      String clientName,
      Duration connectTimeout,
      Duration commandTimeout,
      Executor executor,
      int poolSize,
      Duration poolWait,
      Duration keepAlive,
      CircuitBreaker circuitBreaker,
      Credentials credentials,
      Security security) {

    private static final Pattern LOOPBACK =
        Pattern.compile(
            "(.+\\.)?localhost\\.?|127(\\.[0-9]{1,3}){3}|(0*:)+0*1|::ffff:127(\\.[0-9]{1,3}){3}",
            Pattern.CASE_INSENSITIVE);

    /** Returns {@code host:port/database} of this one server, as messages name it. */
    public String address() {
      return new Address(host, port) + "/" + database;
    }

    /** Returns the URI of the whole deployment, without credentials and options, for messages. */
    public String uri() {
      String scheme = tls ? "rediss" : "redis";
      String nodes = String.join(",", deployment.nodes().stream().map(Address::toString).toList());
      return switch (deployment.kind()) {
        case STANDALONE -> scheme + "://" + nodes + "/" + database;
        case CLUSTER -> scheme + "-cluster://" + nodes;
        case SENTINEL ->
            scheme + "-sentinel://" + nodes + "/" + deployment.masterName() + "/" + database;
      };
    }

    /**
     * Returns whether others on the network can read the password of the servers or the password of
     * the sentinels. Names are not looked up: only {@code localhost} and loopback addresses are
     * known to be safe. The masters that sentinels name, and the other nodes of a cluster, are
     * assumed to be on the same network as the nodes of the URI.
     */
    public boolean sendsPasswordInClear() {
      boolean isToServers = password != null || credentials.servers().isSet();
      boolean isToSentinels =
          deployment.sentinelPassword() != null || credentials.sentinels().isSet();
      boolean clear = (isToServers && !tls) || (isToSentinels && !deployment.sentinelTls());
      return clear
          && (!isLoopback(host)
              || !deployment.nodes().stream().allMatch(node -> isLoopback(node.host())));
    }

    private static boolean isLoopback(String host) {
      return LOOPBACK.matcher(host).matches();
    }

    /**
     * Returns these settings for other servers: with other credentials, without TLS, and with
     * database 0.
     *
     * @param other the servers; the connection's host and port are those of its first node
     * @param otherPassword password of the default user, or {@code null} for none
     */
    public Connection at(Deployment other, @Nullable String otherPassword) {
      return server(
          other,
          other.nodes().get(0),
          /* otherDatabase= */ 0,
          /* otherUser= */ null,
          otherPassword,
          /* otherTls= */ false,
          Security.NONE);
    }

    /** Returns these settings with the present credentials and certificates of a manager. */
    public Connection withSecurity(Security other) {
      return server(deployment, new Address(host, port), database, user, password, tls, other);
    }

    /**
     * Returns these settings for another node of the deployment: with the same credentials, TLS and
     * database.
     */
    public Connection node(Address node) {
      return server(deployment, node, database, user, password, tls, security);
    }

    /** Returns these settings for a connection to a replica. */
    public Connection replica(Address replica) {
      Deployment alone = Deployment.standalone(replica.host(), replica.port());
      return server(alone, replica, database, user, password, tls, security);
    }

    /**
     * Returns the settings of connections to a sentinel: with the credentials and TLS of the
     * sentinels, and with database 0.
     */
    public Connection sentinel(Address sentinel) {
      return server(
          Deployment.standalone(sentinel.host(), sentinel.port()),
          sentinel,
          /* otherDatabase= */ 0,
          deployment.sentinelUser(),
          deployment.sentinelPassword(),
          deployment.sentinelTls(),
          security.ofSentinels());
    }

    private Connection server(
        Deployment otherDeployment,
        Address address,
        int otherDatabase,
        @Nullable String otherUser,
        @Nullable String otherPassword,
        boolean otherTls,
        Security otherSecurity) {
      return new Connection(
          otherDeployment,
          address.host(),
          address.port(),
          otherDatabase,
          otherUser,
          otherPassword,
          otherTls,
          tlsSettings,
          clientName,
          connectTimeout,
          commandTimeout,
          executor,
          poolSize,
          poolWait,
          keepAlive,
          circuitBreaker,
          credentials,
          otherSecurity);
    }

    /**
     * Returns these settings with shorter time-outs.
     *
     * @param patience the longest wait to connect, for a free connection, and for a reply; longer
     *     than a time-out of these settings, it leaves that one
     */
    public Connection within(Duration patience) {
      return new Connection(
          deployment,
          host,
          port,
          database,
          user,
          password,
          tls,
          tlsSettings,
          clientName,
          shorter(patience, connectTimeout),
          shorter(patience, commandTimeout),
          executor,
          poolSize,
          shorter(patience, poolWait),
          keepAlive,
          circuitBreaker,
          credentials,
          security);
    }

    private static Duration shorter(Duration one, Duration other) {
      return one.compareTo(other) < 0 ? one : other;
    }

    @Override
    public String toString() {
      return "Connection["
          + (tls ? "rediss://" : "redis://")
          + address()
          + (deployment.kind() == Deployment.Kind.STANDALONE ? "" : " of " + uri())
          + "]";
    }
  }

  /** When requests to a server that does not answer fail at once. */
  public record CircuitBreaker(boolean enabled, int failures) {}

  /** How the commands of several threads get to the server. */
  public enum Executor {
    /** All threads share two connections; concurrent commands are written together. */
    PIPELINED,
    /** Each thread borrows a connection from a pool. */
    POOLED
  }

  /** Where the credentials of connections come from if they change while the application runs. */
  public record Credentials(
      CredentialsSource servers, CredentialsSource sentinels, Duration refresh) {}

  /**
   * A source of credentials: the class name of a {@link CredentialsProvider}, or files, or none.
   */
  public record CredentialsSource(
      @Nullable String provider, @Nullable Path file, @Nullable Path userFile) {

    /** No source: user and password of the settings are used. */
    public static final CredentialsSource NONE = new CredentialsSource(null, null, null);

    public boolean isSet() {
      return provider != null || file != null;
    }
  }

  /**
   * The present credentials and certificates of a manager, which each new connection asks for.
   *
   * @param servers credentials for the servers, or {@code null} for user and password of the
   *     settings
   * @param sentinels credentials for the sentinels, or {@code null} for those of the settings
   * @param tls makes TLS connections, or {@code null} if there are none; returns at once
   */
  public record Security(
      @Nullable CredentialsProvider servers,
      @Nullable CredentialsProvider sentinels,
      @Nullable Supplier<SSLContext> tls) {

    /** User and password of the settings, without TLS. */
    public static final Security NONE = new Security(null, null, null);

    private Security ofSentinels() {
      return new Security(sentinels, /* sentinels= */ null, tls);
    }
  }

  /** The key material of a TLS connection. {@link #toString} leaves the passwords out. */
  public record Tls(
      @Nullable Path trustStore,
      @Nullable String trustStorePassword,
      @Nullable Path keyStore,
      @Nullable String keyStorePassword,
      boolean verifyHostName,
      Pem pem,
      String minVersion,
      List<String> ciphers) {

    public Tls {
      ciphers = List.copyOf(ciphers);
    }

    @Override
    public String toString() {
      return "Tls[trustStore=" + trustStore + ", keyStore=" + keyStore + ", " + pem + "]";
    }
  }

  /** Certificates and a key in PEM files. {@link #toString} leaves the password out. */
  public record Pem(
      @Nullable Path certificates,
      @Nullable Path certificate,
      @Nullable Path key,
      @Nullable String keyPassword) {

    /** No files. */
    public static final Pem NONE = new Pem(null, null, null, null);

    @Override
    public String toString() {
      return "Pem[certificates="
          + certificates
          + ", certificate="
          + certificate
          + ", key="
          + key
          + "]";
    }
  }

  /** How changes by other JVMs reach listeners. */
  public record Events(
      Duration lease, Duration announce, int queueCapacity, long queueBytes, boolean expired) {}

  /** How stale entries, which {@code clear()} leaves behind, are deleted from Redis. */
  public record StaleEntries(
      boolean enabled, Duration delay, Duration interval, int pageSize, double dutyCycle) {}

  /** How the entries in Redis are counted. */
  public record KeyStatistics(boolean enabled, Duration interval, int pageSize, double dutyCycle) {}

  /** How the manager checks that Redis answers. */
  public record Health(Duration interval) {}

  /** How entries are removed whose last change a fail-over may have lost. */
  public record FailOver(
      int recentChanges, Duration within, int waitReplicas, Duration waitTimeout) {}

  /** The operations that have an MBean in caches with statistics. */
  public enum OperationBeans {
    /** Each operation from its first use on. */
    USED,
    /** Every operation, used or not. */
    ALL,
    /** No operation. */
    NONE
  }

  /**
   * The settings of one cache in the configuration file. Settings in the application's code
   * override them.
   */
  public record Cache(
      @Nullable String keyType,
      @Nullable String valueType,
      String keyCodec,
      String valueCodec,
      @Nullable Duration timeToLive,
      @Nullable Duration timeToIdle,
      @Nullable Boolean statistics,
      @Nullable Boolean management,
      boolean clearOnCreate,
      boolean tags,
      ReadFrom readFrom,
      int batchSize,
      Duration contentionTimeout,
      Duration loadTimeout,
      @Nullable Duration loadLease,
      @Nullable Duration refreshAfter,
      OnFailure onFailure,
      Alerts alerts,
      NearCache near,
      Compress compress,
      Encrypt encrypt) {}

  /** How the values of a cache are compressed in Redis. */
  public record Compress(Algorithm algorithm, long above, int level) {

    public enum Algorithm {
      /** Values are not compressed. */
      NONE,
      /** LZ4, which needs the library {@code at.yawk.lz4:lz4-java}. */
      LZ4
    }
  }

  /** How the values of a cache are encrypted in Redis. */
  public record Encrypt(@Nullable Path keyset) {}

  /** The behaviour of the operations of a cache while Redis cannot be asked. */
  public enum OnFailure {
    /** They throw a {@link io.yokedcache.jcache.RedisUnavailableException}. */
    THROW,
    /**
     * They go on without Redis: reads find no entry, and changes are left out. Entry processors
     * fail as with {@link #THROW}.
     */
    DEGRADE
  }

  /** The servers that the reads of a cache go to. */
  public enum ReadFrom {
    /** The master, which has all changes. */
    MASTER,
    /** A replica that is at most {@code replicas.max-lag} behind, else the master. */
    REPLICA_PREFERRED
  }

  /** The limits at which a cache's MBean sends notifications. */
  public record Alerts(
      Duration interval,
      @Nullable Double hitRateBelow,
      @Nullable Duration getP99Above,
      @Nullable Long sizeBytesAbove) {

    public boolean any() {
      return hitRateBelow != null || getP99Above != null || sizeBytesAbove != null;
    }
  }

  /** The near cache: entries of a cache in this JVM's memory. */
  public record NearCache(
      boolean enabled,
      long maxEntries,
      @Nullable Long maxBytes,
      @Nullable Duration timeToLive,
      @Nullable Duration failSafeMaxAge) {}

  /**
   * The groups of settings that other jars define and read. {@code toString} does not show them,
   * since they may contain secrets. Immutable.
   */
  public static final class Groups {

    private final ConfigObject contents;

    /** Creates the groups of the object {@code yokedcache}. */
    Groups(ConfigObject contents) {
      this.contents = contents;
    }

    /**
     * Returns a group with its defaults.
     *
     * @param name name of the group below {@code yokedcache}
     * @return the group; its values know the file and line that they are from
     * @throws CacheException if no {@code reference.conf} has that group
     */
    public Config group(String name) {
      requireNonNull(name, "name");
      if (contents.get(name) instanceof ConfigObject group) {
        return group.toConfig();
      }
      throw new CacheException(
          "No reference.conf on the class path has a group yokedcache."
              + name
              + ". When jars are merged into one, the files of that name must be appended to each"
              + " other, not replaced");
    }
  }
}
