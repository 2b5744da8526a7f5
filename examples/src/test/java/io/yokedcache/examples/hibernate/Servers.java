package io.yokedcache.examples.hibernate;

import io.yokedcache.examples.RestartableRedis;
import io.yokedcache.jcache.internal.embedded.EmbeddedServers;
import io.yokedcache.jcache.internal.settings.Settings;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.UUID;
import java.util.stream.Collectors;
import org.h2.tools.Server;

/**
 * A Redis server and an empty database, both of which other JVMs can use too. With {@code
 * -Dredis.deployment=cluster} or {@code sentinel} the caches are on private servers of that kind
 * instead, which are not stopped and started.
 */
final class Servers implements AutoCloseable {

  private final Path folder;
  private final Server databaseServer;
  private final Connection database;
  private final String jdbcUrl;
  private final RestartableRedis redis;
  private final String uri;

  /** What was opened, the last one first. */
  private final Deque<Closeable> opened = new ArrayDeque<>();

  private Servers(Path folder, RestartableRedis redis, String kind) throws SQLException {
    System.setProperty("h2.bindAddress", "127.0.0.1");
    System.setProperty("org.jboss.logging.provider", "slf4j");
    this.folder = folder;
    this.redis = redis;
    this.uri =
        kind.equals("standalone")
            ? "redis://127.0.0.1:" + redis.port()
            : startDeployment(Settings.Deployment.Kind.valueOf(kind.toUpperCase(Locale.ROOT)));
    // The database lives as long as this connection.
    String name = "mem:" + UUID.randomUUID();
    this.databaseServer = Server.createTcpServer("-tcpPort", "0").start();
    this.database = DriverManager.getConnection("jdbc:h2:" + name, "sa", "");
    this.jdbcUrl = "jdbc:h2:tcp://127.0.0.1:" + databaseServer.getPort() + "/" + name;
  }

  /** Starts both. */
  static Servers start(Path folder) throws SQLException {
    String kind = System.getProperty("redis.deployment", "standalone");
    return new Servers(folder, RestartableRedis.start(), kind);
  }

  private String startDeployment(Settings.Deployment.Kind kind) {
    int masters = kind == Settings.Deployment.Kind.CLUSTER ? 3 : 1;
    EmbeddedServers.Lease servers =
        new EmbeddedServers().acquire(new Settings.Embedded(kind, masters, /* replicas= */ 1));
    opened.push(servers::close);
    String nodes =
        servers.deployment().nodes().stream()
            .map(Settings.Address::toString)
            .collect(Collectors.joining(",", ":" + servers.password() + "@", ""));
    return kind == Settings.Deployment.Kind.CLUSTER
        ? "redis-cluster://" + nodes
        : "redis-sentinel://"
            + nodes
            + "/"
            + servers.deployment().masterName()
            + "?sentinel-password="
            + servers.deployment().sentinelPassword();
  }

  /**
   * Writes a configuration file. Hibernate takes nothing else for a cache manager's URI, and each
   * file stands for a cache manager of its own.
   *
   * @param settings further settings
   * @return the file's URI
   */
  String cacheFile(String settings) throws IOException {
    Path file = Files.createTempFile(folder, "cache", ".conf");
    String server = "uri = \"" + uri + "\"\n";
    Files.writeString(file, "yokedcache {\n" + server + settings + "\n}\n");
    return file.toUri().toString();
  }

  String jdbcUrl() {
    return jdbcUrl;
  }

  /** Opens a session factory with a cache manager of its own. */
  Application open(String regionPrefix) throws IOException {
    return open(cacheFile(""), regionPrefix);
  }

  /** Opens a session factory with a configuration file. */
  Application open(String cacheFile, String regionPrefix) {
    return open(cacheFile, regionPrefix, /* cachesQueries= */ true);
  }

  /** Opens a session factory with a configuration file, with or without the query cache. */
  Application open(String cacheFile, String regionPrefix, boolean cachesQueries) {
    return openWith(Application.factory(), cacheFile, regionPrefix, cachesQueries);
  }

  /** Opens a session factory with that region factory. */
  Application openWith(
      String factory, String cacheFile, String regionPrefix, boolean cachesQueries) {
    Application application =
        Application.openWith(factory, jdbcUrl, cacheFile, regionPrefix, cachesQueries);
    opened.push(application);
    return application;
  }

  /** Opens a session factory in another JVM. */
  ApplicationProcess openElsewhere(String regionPrefix, String... jvmOptions) throws IOException {
    ApplicationProcess application =
        ApplicationProcess.start(jdbcUrl, cacheFile(""), regionPrefix, folder, jvmOptions);
    opened.push(application);
    return application;
  }

  /** The price of an article in the database. */
  String price(long id) throws SQLException {
    try (Statement statement = database.createStatement();
        ResultSet row = statement.executeQuery("select price from Article where id = " + id)) {
      row.next();
      return row.getString(1);
    }
  }

  RestartableRedis redis() {
    return redis;
  }

  /** Closes all that was opened here, and ends the servers. */
  @Override
  public void close() throws IOException, SQLException {
    try {
      while (!opened.isEmpty()) {
        opened.pop().close();
      }
    } finally {
      redis.close();
      database.close();
      databaseServer.stop();
    }
  }
}
