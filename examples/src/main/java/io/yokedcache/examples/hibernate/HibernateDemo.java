package io.yokedcache.examples.hibernate;

import io.yokedcache.examples.Arguments;
import io.yokedcache.examples.Progress;
import io.yokedcache.examples.UsageException;
import jakarta.persistence.PersistenceException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URI;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import javax.cache.CacheException;
import javax.management.JMException;
import org.h2.tools.Server;
import org.hibernate.stat.Statistics;
import org.jspecify.annotations.Nullable;

/**
 * Hibernate with JCache on Redis as its second-level cache: entities, a collection, natural ids and
 * query results. Prints what Hibernate and what the JSR-107 MBeans count, side by side.
 *
 * <p>Nothing of this is special to the provider: Hibernate finds it through JCache. Its
 * configuration file ({@code yokedcache.conf} on the class path) switches statistics on, and its
 * default URI comes from {@code -Dyokedcache.uri}, which this demo sets.
 *
 * <p>The database is a new one in memory, so the regions are emptied at the start. With {@code
 * --stay} it can be joined by a second JVM, which finds in Redis what the first one has cached and
 * needs no SQL.
 */
public final class HibernateDemo {

  private static final String USAGE =
      """
      Usage: HibernateDemo [URI] [--seconds N] [--stay] [--join JDBC-URL]
        URI        the server, redis://localhost:6379 for example; default embedded:redis (a
                   private one), or what -Dyokedcache.uri says
        --seconds  how long to work, 0 to 86400, default 5
        --stay     go on until Enter is pressed, for JConsole or for a second JVM
        --join     use the database of a demo that stays, and what it has cached\
      """;

  private static final String URI_PROPERTY = "yokedcache.uri";

  private final PrintStream out;

  private HibernateDemo(PrintStream out) {
    this.out = out;
  }

  /**
   * Runs the demo.
   *
   * @param args see the usage text, which is printed if they are wrong
   * @throws Exception if the database, the cache or JMX fails
   */
  public static void main(String[] args) throws Exception {
    int exitCode = run(args, System.in, System.out, System.err);
    if (exitCode != 0) {
      System.exit(exitCode);
    }
  }

  static int run(String[] args, InputStream in, PrintStream out, PrintStream err) throws Exception {
    Arguments arguments;
    Duration duration;
    try {
      arguments = new Arguments(args, Set.of("--seconds", "--join"), Set.of("--stay"), 1);
      duration = Duration.ofSeconds(arguments.number("--seconds", 5, 0, 86_400));
      setProperties(arguments.positional(0));
    } catch (UsageException e) {
      err.println(e.getMessage());
      err.println(USAGE);
      return 2;
    }
    try {
      new HibernateDemo(out).run(arguments, duration, in);
      return 0;
    } catch (PersistenceException | CacheException | ExecutionException e) {
      err.println("The demo failed: " + causes(e));
      return 1;
    }
  }

  /** Sets what is read from system properties: the default URI, the log, where H2 listens. */
  private static void setProperties(@Nullable String uriText) throws UsageException {
    if (uriText != null) {
      URI uri = Arguments.uri(uriText);
      System.setProperty(URI_PROPERTY, uri.toString());
    } else if (System.getProperty(URI_PROPERTY) == null) {
      System.setProperty(URI_PROPERTY, "embedded:redis");
    }
    System.setProperty("org.jboss.logging.provider", "slf4j");
    System.setProperty("h2.bindAddress", "127.0.0.1");
  }

  private void run(Arguments arguments, Duration duration, InputStream in)
      throws JMException, InterruptedException, ExecutionException, SQLException, IOException {
    String database = "mem:demo" + ProcessHandle.current().pid();
    String other = arguments.text("--join");
    String jdbcUrl = other == null ? "jdbc:h2:" + database + ";DB_CLOSE_DELAY=-1" : other;
    try (Shop shop = other == null ? Shop.create(jdbcUrl) : Shop.join(jdbcUrl)) {
      out.println(
          other == null
              ? "A new database: the regions of earlier runs are emptied."
              : "The database of another JVM: its cached entries are used.");
      RegionReport report = new RegionReport(shop.statistics(), out);
      report.reset();
      readEverything(shop, "First");
      readEverything(shop, "Second");
      ShopWorkload workload = new ShopWorkload(shop);
      try (Progress progress = new Progress(out, workload::progress)) {
        progress.start();
        workload.run(duration);
      }
      out.println(workload.progress());
      report.print();
      report.printWhereToLook();
      if (arguments.has("--stay")) {
        stay(database, in);
      }
    }
  }

  /** Reads all rows: from the database, or from what this JVM or another one has cached. */
  private void readEverything(Shop shop, String which) {
    Statistics statistics = shop.statistics();
    long statements = statistics.getPrepareStatementCount();
    long startNanos = System.nanoTime();
    shop.readEverything();
    out.printf(
        Locale.ROOT,
        "%s read of all rows: %,d SQL statements, %,d ms%n",
        which,
        statistics.getPrepareStatementCount() - statements,
        Duration.ofNanos(System.nanoTime() - startNanos).toMillis());
  }

  /** Lets others in until a line is entered, or the input ends. */
  private void stay(String database, InputStream in) throws SQLException, IOException {
    Server server = Server.createTcpServer("-tcpPort", "0").start();
    try {
      out.println(
          "A second JVM on the same Redis and database, which needs no SQL to read it all:");
      out.println(
          "  HibernateDemo redis://HOST:PORT --join jdbc:h2:tcp://127.0.0.1:"
              + server.getPort()
              + "/"
              + database);
      out.println("Press Enter to end.");
      for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
        // Only the end of the line counts.
      }
    } finally {
      server.stop();
    }
  }

  private static String causes(Throwable failure) {
    StringBuilder text = new StringBuilder(String.valueOf(failure.getMessage()));
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      text.append("\n  because: ").append(cause.getMessage());
    }
    return text.toString();
  }
}
