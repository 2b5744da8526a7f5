package io.yokedcache.examples.hibernate;

import java.io.Closeable;
import org.hibernate.SessionFactory;
import org.hibernate.cfg.Configuration;

/**
 * One session factory with JCache as its second-level cache. {@code -Dregion.factory=yokedcache}
 * replaces Hibernate's region factory.
 */
final class Application implements Closeable {

  /** System property with the region factory. */
  static final String FACTORY = "region.factory";

  private final SessionFactory sessions;

  private Application(SessionFactory sessions) {
    this.sessions = sessions;
  }

  /**
   * Opens a database, and makes its tables if they are missing.
   *
   * @param cacheFile URI of the configuration file that says where Redis is
   * @param regionPrefix first part of the names of the caches
   */
  static Application open(String jdbcUrl, String cacheFile, String regionPrefix) {
    return open(jdbcUrl, cacheFile, regionPrefix, /* cachesQueries= */ true);
  }

  /** Opens a database, with or without the query cache. */
  static Application open(
      String jdbcUrl, String cacheFile, String regionPrefix, boolean cachesQueries) {
    return openWith(factory(), jdbcUrl, cacheFile, regionPrefix, cachesQueries);
  }

  /** The region factory of applications that do not name one. */
  static String factory() {
    return System.getProperty(FACTORY, "jcache");
  }

  /** Opens a database, with that region factory. */
  static Application openWith(
      String factory,
      String jdbcUrl,
      String cacheFile,
      String regionPrefix,
      boolean cachesQueries) {
    return new Application(
        new Configuration()
            .addAnnotatedClass(Article.class)
            .addAnnotatedClass(Stock.class)
            .addAnnotatedClass(Route.class)
            .addAnnotatedClass(Parcel.class)
            .addAnnotatedClass(Tracked.class)
            .setProperty("hibernate.connection.url", jdbcUrl)
            .setProperty("hibernate.connection.username", "sa")
            .setProperty("hibernate.connection.password", "")
            .setProperty("hibernate.hbm2ddl.auto", "update")
            .setProperty("hibernate.cache.region.factory_class", factory)
            .setProperty("hibernate.javax.cache.uri", cacheFile)
            .setProperty("hibernate.javax.cache.missing_cache_strategy", "create")
            .setProperty("hibernate.cache.use_query_cache", Boolean.toString(cachesQueries))
            .setProperty("hibernate.cache.region_prefix", regionPrefix)
            .setProperty("hibernate.generate_statistics", "true")
            .setProperty("hibernate.session.events.log", "false")
            .buildSessionFactory());
  }

  SessionFactory sessions() {
    return sessions;
  }

  Reply ask(Job job, long id) {
    awaitNextMillisecond();
    long before = sessions.getStatistics().getPrepareStatementCount();
    Object result = job.run(sessions, id);
    long statements = sessions.getStatistics().getPrepareStatementCount() - before;
    return new Reply(result.toString(), statements);
  }

  /**
   * Hibernate does not trust an entry that is not older than the session, and counts in
   * milliseconds: within one, another JVM's entry may be passed over.
   */
  private static void awaitNextMillisecond() {
    long now = System.currentTimeMillis();
    while (System.currentTimeMillis() == now) {
      Thread.onSpinWait();
    }
  }

  @Override
  public void close() {
    sessions.close();
  }
}
