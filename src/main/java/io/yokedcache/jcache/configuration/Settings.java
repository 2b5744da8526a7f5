package io.yokedcache.jcache.configuration;

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
 * The settings of a cache manager, with a nested record for each group of {@code reference.conf}.
 * Immutable.
 *
 * @param embedded the private servers to start, or {@code null} to connect to the servers of {@code
 *     connection}
 * @param connection the server and how to talk to it
 * @param namespace first part of every key in Redis: letters, digits, {@code .}, {@code _}, {@code
 *     -}
 * @param buckets number of generation keys that a cache is spread over
 * @param serialization the classes and sizes that Java deserialization accepts
 * @param events how changes of other JVMs reach listeners
 * @param staleEntries how stale entries are deleted
 * @param keyStatistics how the entries in Redis are counted
 * @param health how the manager checks that Redis answers
 * @param failOver how entries are removed whose last change a fail-over may have lost
 * @param operationBeans the operations that have an MBean
 * @param maxOperationBeans the largest number of MBeans of operations, unless all are wanted
 * @param nearStaleness the longest time for which a near-cache entry may be out of date
 * @param replicaLag the longest time that a replica may be behind its master while it serves reads
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

  /** Takes a copy of the list. */
  public Settings {
    files = List.copyOf(files);
  }

  /**
   * Returns these settings with another connection.
   *
   * @param other the servers and how to talk to them
   * @return new settings
   */
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
   * @param kind the kind of deployment
   * @param masters number of masters, at least 1; more than 1 only in a cluster
   * @param replicas number of replicas of each master
   */
  public record Embedded(Deployment.Kind kind, int masters, int replicas) {}

  /**
   * The address of one node.
   *
   * @param host host name or address, IPv6 without brackets
   * @param port TCP port
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
   * @param kind the kind of deployment
   * @param nodes the server; or the nodes of a cluster that are asked first; or the sentinels
   * @param masterName the name of the master that the sentinels watch, or {@code null} without
   *     sentinels
   * @param sentinelUser ACL user name for the sentinels, or {@code null}
   * @param sentinelPassword password for the sentinels, or {@code null} for none
   * @param sentinelTls whether the sentinels are asked over TLS
   */
  public record Deployment(
      Kind kind,
      List<Address> nodes,
      @Nullable String masterName,
      @Nullable String sentinelUser,
      @Nullable String sentinelPassword,
      boolean sentinelTls) {

    /** Takes a copy of the list. */
    public Deployment {
      nodes = List.copyOf(nodes);
    }

    /** The kinds of deployments. */
    public enum Kind {
      /** One server at a fixed address. */
      STANDALONE,
      /** The master that sentinels name; another one after a fail-over. */
      SENTINEL,
      /** Redis Cluster: several masters, each with a part of the keys. */
      CLUSTER
    }

    /**
     * Returns the deployment of one server.
     *
     * @param host host name or address
     * @param port TCP port
     * @return a deployment without sentinels
     */
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
   * @param deployment how the server is found
   * @param host host name or address: of the server, or of one node of the deployment
   * @param port TCP port
   * @param database number of the logical database, from 0
   * @param user ACL user name, or {@code null} for the default user
   * @param password password, or {@code null} for none
   * @param tls whether to use TLS
   * @param tlsSettings certificates to trust and to present; used only with {@code tls}
   * @param clientName name that {@code CLIENT LIST} shows
   * @param connectTimeout the longest wait for a connection to be made
   * @param commandTimeout the longest wait for a reply
   * @param executor how the commands of several threads get to the server
   * @param poolSize the largest number of connections in the pool of a server, which each node of a
   *     cluster has
   * @param poolWait the longest wait for a free connection
   * @param keepAlive interval at which a {@code PING} checks an idle connection, so that neither
   *     the server nor a firewall drops it; zero for never
   * @param circuitBreaker when requests to a server that does not answer fail at once
   * @param credentials the sources of credentials that change, in place of user and password
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

    /**
     * Returns the address of this one server as messages name it.
     *
     * @return {@code host:port/database}, without credentials
     */
    public String address() {
      return new Address(host, port) + "/" + database;
    }

    /**
     * Returns the URI of the whole deployment as messages name it.
     *
     * @return the URI, without credentials and options, such as {@code
     *     redis-sentinel://a:26379,b:26379/orders/0}
     */
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
     *
     * @return false with TLS or without a password
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
     * @return new settings
     */
    public Connection at(Deployment other, @Nullable String otherPassword) {
      return copy(
          other,
          other.nodes().get(0),
          /* otherDatabase= */ 0,
          /* otherUser= */ null,
          otherPassword,
          /* otherTls= */ false,
          connectTimeout,
          commandTimeout,
          Security.NONE);
    }

    /**
     * Returns these settings with the present credentials and certificates of a manager.
     *
     * @param other where they come from
     * @return new settings
     */
    public Connection withSecurity(Security other) {
      return copy(
          deployment,
          new Address(host, port),
          database,
          user,
          password,
          tls,
          connectTimeout,
          commandTimeout,
          other);
    }

    /**
     * Returns these settings for another node of the deployment: with the same credentials, TLS and
     * database.
     *
     * @param node address of the node
     * @return new settings
     */
    public Connection node(Address node) {
      return copy(
          deployment,
          node,
          database,
          user,
          password,
          tls,
          connectTimeout,
          commandTimeout,
          security);
    }

    /**
     * Returns these settings with shorter time-outs.
     *
     * @param patience the longest wait to connect, and for a reply; at most the time-outs of these
     *     settings
     * @return new settings
     */
    public Connection within(Duration patience) {
      return copy(
          deployment,
          new Address(host, port),
          database,
          user,
          password,
          tls,
          patience.compareTo(connectTimeout) < 0 ? patience : connectTimeout,
          patience.compareTo(commandTimeout) < 0 ? patience : commandTimeout,
          security);
    }

    /**
     * Returns the settings of connections to a replica: with the same credentials, TLS and
     * database.
     *
     * @param replica address of the replica
     * @param patience the longest wait to connect, for a free connection, and for a reply; at most
     *     the time-outs of these settings
     * @return new settings
     */
    public Connection replica(Address replica, Duration patience) {
      return new Connection(
          Deployment.standalone(replica.host(), replica.port()),
          replica.host(),
          replica.port(),
          database,
          user,
          password,
          tls,
          tlsSettings,
          clientName,
          patience.compareTo(connectTimeout) < 0 ? patience : connectTimeout,
          patience.compareTo(commandTimeout) < 0 ? patience : commandTimeout,
          executor,
          poolSize,
          patience.compareTo(poolWait) < 0 ? patience : poolWait,
          keepAlive,
          circuitBreaker,
          credentials,
          security);
    }

    /**
     * Returns the settings of connections to a sentinel: with the credentials and TLS of the
     * sentinels, and with database 0.
     *
     * @param sentinel address of the sentinel
     * @param patience the longest wait to connect, and for a reply; at most the time-outs of these
     *     settings
     * @return new settings
     */
    public Connection sentinel(Address sentinel, Duration patience) {
      return copy(
          Deployment.standalone(sentinel.host(), sentinel.port()),
          sentinel,
          /* otherDatabase= */ 0,
          deployment.sentinelUser(),
          deployment.sentinelPassword(),
          deployment.sentinelTls(),
          patience.compareTo(connectTimeout) < 0 ? patience : connectTimeout,
          patience.compareTo(commandTimeout) < 0 ? patience : commandTimeout,
          security.ofSentinels());
    }

    /** Returns these settings for another server. */
    private Connection copy(
        Deployment otherDeployment,
        Address address,
        int otherDatabase,
        @Nullable String otherUser,
        @Nullable String otherPassword,
        boolean otherTls,
        Duration otherConnectTimeout,
        Duration otherCommandTimeout,
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
          otherConnectTimeout,
          otherCommandTimeout,
          executor,
          poolSize,
          poolWait,
          keepAlive,
          circuitBreaker,
          credentials,
          otherSecurity);
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

  /**
   * When requests to a server that does not answer fail at once. Each server, and each node of a
   * cluster, has a circuit breaker. While it is open, the server is asked by {@code PING} at least
   * once a second; the first answer closes it.
   *
   * @param enabled whether circuit breakers open
   * @param failures number of failures in a row, of requests that did not reach the server or were
   *     not answered, after which it opens; at least 1
   */
  public record CircuitBreaker(boolean enabled, int failures) {}

  /** How the commands of several threads get to the server. */
  public enum Executor {
    /** All threads share two connections; concurrent commands are written together. */
    PIPELINED,
    /** Each thread borrows a connection from a pool. */
    POOLED
  }

  /**
   * Where the credentials of connections come from if they change while the application runs.
   *
   * @param servers the source for the servers
   * @param sentinels the source for the sentinels
   * @param refresh time between two looks at the sources
   */
  public record Credentials(
      CredentialsSource servers, CredentialsSource sentinels, Duration refresh) {}

  /**
   * A source of credentials: a provider, or files, or none.
   *
   * @param provider class name of a {@link CredentialsProvider}, or {@code null}
   * @param file file with the password, or {@code null}
   * @param userFile file with the user, or {@code null} for the user of the settings
   */
  public record CredentialsSource(
      @Nullable String provider, @Nullable Path file, @Nullable Path userFile) {

    /** No source: user and password of the settings are used. */
    public static final CredentialsSource NONE = new CredentialsSource(null, null, null);

    /**
     * Returns whether there is a source.
     *
     * @return false for {@link #NONE}
     */
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

  /**
   * The key material of a TLS connection. {@link #toString} leaves the passwords out.
   *
   * @param trustStore file with the certificates to trust, or {@code null} for the JVM's default
   * @param trustStorePassword password of the trust store, or {@code null}
   * @param keyStore file with the client's certificate, or {@code null} for none
   * @param keyStorePassword password of the key store, or {@code null}
   * @param verifyHostName whether the certificate must name the host of the connection
   * @param pem the same as PEM files, in place of the stores
   * @param minVersion the lowest version of TLS: {@code TLSv1.2} or {@code TLSv1.3}
   * @param ciphers names of the cipher suites to use; empty for those of the JVM
   */
  public record Tls(
      @Nullable Path trustStore,
      @Nullable String trustStorePassword,
      @Nullable Path keyStore,
      @Nullable String keyStorePassword,
      boolean verifyHostName,
      Pem pem,
      String minVersion,
      List<String> ciphers) {

    /** Takes a copy of the list. */
    public Tls {
      ciphers = List.copyOf(ciphers);
    }

    @Override
    public String toString() {
      return "Tls[trustStore=" + trustStore + ", keyStore=" + keyStore + ", " + pem + "]";
    }
  }

  /**
   * Certificates and a key in PEM files. {@link #toString} leaves the password out.
   *
   * @param certificates file with the certificates to trust, or {@code null}
   * @param certificate file with the client's certificate and the authorities behind it, or {@code
   *     null}
   * @param key file with the key of that certificate in PKCS#8, or {@code null}
   * @param keyPassword password of the key if it is encrypted, or {@code null}
   */
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

  /**
   * How changes by other JVMs reach listeners.
   *
   * @param lease how long a JVM counts as listening after it last renewed its registration
   * @param announce how long the registration of a first listener waits until every JVM has noticed
   *     it; also the longest time for which a writer caches whether other JVMs listen
   * @param queueCapacity the largest number of undelivered events of a cache
   * @param queueBytes the largest number of bytes of these events together
   * @param expired whether to subscribe to Redis' keyspace notifications for expired events
   */
  public record Events(
      Duration lease, Duration announce, int queueCapacity, long queueBytes, boolean expired) {}

  /**
   * How stale entries, which {@code clear()} leaves behind, are deleted from Redis.
   *
   * @param enabled whether this JVM takes part
   * @param delay time from a {@code clear()} to a pass, and the shortest pause between two passes
   * @param interval time between passes without a {@code clear()}
   * @param pageSize number of keys that one {@code SCAN} looks at
   * @param dutyCycle the largest fraction of time for which a pass keeps the server busy, above 0
   *     and up to 1
   */
  public record StaleEntries(
      boolean enabled, Duration delay, Duration interval, int pageSize, double dutyCycle) {}

  /**
   * How the entries in Redis are counted.
   *
   * @param enabled whether this JVM counts, and shows the results of other JVMs
   * @param interval time from the end of one count to the next
   * @param pageSize number of keys that one {@code SCAN} looks at
   * @param dutyCycle the largest fraction of time for which a count keeps the server busy, above 0
   *     and up to 1
   */
  public record KeyStatistics(boolean enabled, Duration interval, int pageSize, double dutyCycle) {}

  /**
   * How the manager checks that Redis answers.
   *
   * @param interval time between two {@code PING} commands while Redis answers
   */
  public record Health(Duration interval) {}

  /**
   * How entries are removed whose last change a fail-over may have lost. Redis replicates
   * asynchronously: a replica that becomes the master may lack the last changes.
   *
   * @param recentChanges the largest number of changed keys that this JVM keeps in memory; 0 for
   *     none, so that nothing is removed
   * @param within how long a changed key is kept
   * @param waitReplicas how many replicas of each master must have acknowledged a {@code clear()}
   *     before it returns; 0 for none
   * @param waitTimeout how long a {@code clear()} waits for them, less than the time-out of a
   *     command if it waits
   */
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
   *
   * @param keyType class name of the declared key type, or {@code null} if not declared
   * @param valueType class name of the declared value type, or {@code null} if not declared
   * @param keyCodec name or class name of the codec of keys
   * @param valueCodec name or class name of the codec of values
   * @param timeToLive time to live from creation and update, or {@code null} for the application's
   *     expiry policy
   * @param timeToIdle time to live from the last access, or {@code null} for none
   * @param statistics whether to keep statistics, or {@code null} to leave it to the application
   * @param management whether to register the configuration MBean, or {@code null} to leave it to
   *     the application
   * @param clearOnCreate whether the cache starts empty whenever a manager creates it
   * @param tags whether entries may have tags; all JVMs must agree
   * @param readFrom the servers that reads go to
   * @param batchSize number of entries that a bulk operation handles in one round trip
   * @param contentionTimeout how long an atomic operation is retried before it fails
   * @param loadTimeout how long a reader waits for another thread's load of the same key before it
   *     loads the value itself
   * @param loadLease how long one JVM alone loads a missing key while the others wait for its
   *     value, or {@code null} if each JVM loads
   * @param refreshAfter the age from which an entry that is read is loaded again in the background,
   *     or {@code null} if entries are loaded when they are missing only
   * @param onFailure what operations do while Redis is away
   * @param alerts the limits at which the cache's MBean sends notifications
   * @param near the near cache in this JVM
   * @param compress how values are compressed in Redis
   * @param encrypt how values are encrypted in Redis
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

  /**
   * How the values of a cache are compressed in Redis.
   *
   * @param algorithm the algorithm
   * @param above values whose encoded form has up to that many bytes are not compressed
   * @param level 0 for the fastest compression, 1 to 17 for slower compression to fewer bytes
   */
  public record Compress(Algorithm algorithm, long above, int level) {

    /** The algorithms. */
    public enum Algorithm {
      /** Values are not compressed. */
      NONE,
      /** LZ4, which needs the library {@code at.yawk.lz4:lz4-java}. */
      LZ4
    }
  }

  /**
   * How the values of a cache are encrypted in Redis.
   *
   * @param keyset file with a JSON keyset of Tink with AEAD keys, which needs the library {@code
   *     com.google.crypto.tink:tink}; or {@code null} if values are not encrypted
   */
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

  /**
   * The limits at which a cache's MBean sends notifications; each is {@code null} if it is not set.
   *
   * @param interval time between two checks, and the period of the figures that are checked
   * @param hitRateBelow the lowest hit ratio without a notification, above 0 and up to 1
   * @param getP99Above the longest 99th percentile of {@code get} without a notification
   * @param sizeBytesAbove the largest memory of the entries in Redis without a notification, in
   *     bytes
   */
  public record Alerts(
      Duration interval,
      @Nullable Double hitRateBelow,
      @Nullable Duration getP99Above,
      @Nullable Long sizeBytesAbove) {

    /**
     * Returns whether any limit is set.
     *
     * @return false if there is nothing to check
     */
    public boolean any() {
      return hitRateBelow != null || getP99Above != null || sizeBytesAbove != null;
    }
  }

  /**
   * The near cache: entries of a cache in this JVM's memory.
   *
   * @param enabled whether the cache has one
   * @param maxEntries the largest number of entries
   * @param maxBytes the largest number of bytes of keys and values together, or {@code null} for no
   *     limit
   * @param timeToLive the longest time that an entry is kept, or {@code null} for as long as the
   *     entry lives in Redis
   * @param failSafeMaxAge the greatest age of an entry that is served while Redis is away, since it
   *     was last known to be up to date, or {@code null} to serve none
   */
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

    /**
     * Creates the groups.
     *
     * @param contents the object {@code yokedcache} of the configuration
     */
    public Groups(ConfigObject contents) {
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
