package io.yokedcache.jcache.hibernate;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.arjuna.ats.jdbc.TransactionalDriver;
import io.yokedcache.jcache.YokedCachingProvider;
import io.yokedcache.jcache.hibernate.Shelves.Book;
import io.yokedcache.jcache.hibernate.Shelves.Leaflet;
import io.yokedcache.jcache.hibernate.Shelves.Page;
import io.yokedcache.jcache.hibernate.Shelves.Shelf;
import io.yokedcache.jcache.hibernate.Shelves.Titled;
import io.yokedcache.jcache.hibernate.Shelves.Volume;
import io.yokedcache.jcache.testing.RedisServer;
import jakarta.transaction.RollbackException;
import jakarta.transaction.Status;
import jakarta.transaction.Transaction;
import jakarta.transaction.TransactionManager;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import javax.cache.Caching;
import javax.transaction.xa.XAException;
import javax.transaction.xa.XAResource;
import javax.transaction.xa.Xid;
import org.h2.jdbcx.JdbcDataSource;
import org.hibernate.Session;
import org.hibernate.SessionFactory;
import org.hibernate.StatelessSession;
import org.hibernate.cfg.Configuration;
import org.hibernate.engine.jdbc.connections.spi.ConnectionProvider;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Transactions of Narayana, and a session factory without JTA that sees what they leave. */
final class JtaIT {

  private static final AtomicLong IDS = new AtomicLong();

  private static RedisServer redis;
  private static JdbcDataSource database;
  private static TransactionManager transactions;
  private static SessionFactory here;
  private static SessionFactory there;

  @BeforeAll
  static void start(@TempDir Path logs) {
    System.setProperty("ObjectStoreEnvironmentBean.objectStoreDir", logs.toString());
    transactions = com.arjuna.ats.jta.TransactionManager.transactionManager();
    redis = RedisServer.start();
    database = new JdbcDataSource();
    database.setUrl("jdbc:h2:mem:jta;DB_CLOSE_DELAY=-1");
    there =
        factory("there")
            .setProperty("hibernate.connection.url", database.getUrl())
            .setProperty("hibernate.hbm2ddl.auto", "create")
            .buildSessionFactory();
    Configuration configuration =
        factory("here")
            .setProperty("hibernate.transaction.coordinator_class", "jta")
            .setProperty("hibernate.transaction.jta.platform", "JBossTS");
    configuration.getProperties().put("hibernate.connection.provider_class", new Connections());
    here = configuration.buildSessionFactory();
  }

  private static Configuration factory(String name) {
    Configuration configuration =
        new Configuration()
            .addAnnotatedClass(Book.class)
            .addAnnotatedClass(Page.class)
            .addAnnotatedClass(Leaflet.class)
            .addAnnotatedClass(Shelf.class)
            .addAnnotatedClass(Volume.class)
            .setProperty("hibernate.connection.isolation", "READ_COMMITTED")
            .setProperty("hibernate.cache.region.factory_class", "yokedcache")
            .setProperty("hibernate.generate_statistics", "true")
            .setProperty("hibernate.session.events.log", "false");
    configuration
        .getProperties()
        .put(
            "hibernate.javax.cache.cache_manager",
            Caching.getCachingProvider(YokedCachingProvider.class.getName())
                .getCacheManager(
                    URI.create(redis.uri() + "?client-name=" + name), null, new Properties()));
    return configuration;
  }

  @AfterAll
  static void stop() {
    Stream.of(here, there).forEach(SessionFactory::close);
    redis.close();
  }

  @AfterEach
  void endTransaction() throws Exception {
    if (transactions.getStatus() != Status.STATUS_NO_TRANSACTION) {
      transactions.rollback();
    }
  }

  /** Connections of the current transaction. */
  private static final class Connections implements ConnectionProvider {

    private static final long serialVersionUID = 1L;

    @Override
    public Connection getConnection() throws SQLException {
      Properties properties = new Properties();
      properties.put(TransactionalDriver.XADataSource, database);
      return new TransactionalDriver().connect("jdbc:arjuna:", properties);
    }

    @Override
    public void closeConnection(Connection connection) throws SQLException {
      connection.close();
    }

    @Override
    public boolean supportsAggressiveRelease() {
      return true;
    }

    @Override
    public boolean isUnwrappableAs(Class<?> type) {
      return false;
    }

    @Override
    public <T> T unwrap(Class<T> type) {
      throw new UnsupportedOperationException(type.getName());
    }
  }

  /** A second resource of a transaction. */
  private static final class Other implements XAResource {

    private final Runnable prepare;

    Other(Runnable prepare) {
      this.prepare = prepare;
    }

    @Override
    public int prepare(Xid id) throws XAException {
      try {
        prepare.run();
      } catch (IllegalStateException e) {
        throw new XAException(XAException.XA_RBROLLBACK);
      }
      return XA_OK;
    }

    @Override
    public boolean isSameRM(XAResource other) {
      return other == this;
    }

    @Override
    public void start(Xid id, int flags) {}

    @Override
    public void end(Xid id, int flags) {}

    @Override
    public void commit(Xid id, boolean onePhase) {}

    @Override
    public void rollback(Xid id) {}

    @Override
    public void forget(Xid id) {}

    @Override
    public Xid[] recover(int flag) {
      return new Xid[0];
    }

    @Override
    public int getTransactionTimeout() {
      return 0;
    }

    @Override
    public boolean setTransactionTimeout(int seconds) {
      return false;
    }
  }

  /** What a session finds, and how many statements it needed. */
  private record Answer(@Nullable Object found, long statements) {}

  private static Answer title(Class<? extends Titled> type, long id) {
    long before = there.getStatistics().getPrepareStatementCount();
    String found = there.fromTransaction(session -> session.find(type, id).title());
    return new Answer(found, there.getStatistics().getPrepareStatementCount() - before);
  }

  private static <T> long insert(LongFunction<T> row) {
    long id = IDS.incrementAndGet();
    there.inTransaction(session -> session.persist(requireNonNull(row.apply(id))));
    return id;
  }

  private static void retitle(Session session, Class<? extends Titled> type, long id) {
    session.find(type, id).retitle("new");
    session.flush();
  }

  static Stream<Arguments> kinds() {
    return Stream.of(
        Arguments.of(Book.class, (LongFunction<Titled>) Book::new),
        Arguments.of(Page.class, (LongFunction<Titled>) Page::new),
        Arguments.of(Leaflet.class, (LongFunction<Titled>) Leaflet::new));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void commit_ofTwoResources_othersMissWhileItRuns(
      Class<? extends Titled> type, LongFunction<Titled> row) throws Exception {
    long id = insert(row);
    List<Answer> meantime = new ArrayList<>();
    transactions.begin();
    try (Session session = here.openSession()) {
      retitle(session, type, id);
      transactions.getTransaction().enlistResource(new Other(() -> meantime.add(title(type, id))));
    }

    transactions.commit();

    assertThat(meantime).containsExactly(new Answer("old", 1));
    assertThat(title(type, id).found()).isEqualTo("new");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void commit_otherResourceRefuses_leavesTheOldState(
      Class<? extends Titled> type, LongFunction<Titled> row) throws Exception {
    long id = insert(row);
    transactions.begin();
    try (Session session = here.openSession()) {
      retitle(session, type, id);
      transactions.getTransaction().enlistResource(new Other(JtaIT::refuse));
      assertThatThrownBy(transactions::commit).isInstanceOf(RollbackException.class);
    }

    assertThat(title(type, id).found()).isEqualTo("old");
    assertThat(title(type, id)).isEqualTo(new Answer("old", 0));
  }

  private static void refuse() {
    throw new IllegalStateException("refused");
  }

  /** Hibernate tells the caches of such an end when the session is used again. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void timeout_rolledBackByTheReaper_nextTransactionOfTheSessionIsRight(
      Class<? extends Titled> type, LongFunction<Titled> row) throws Exception {
    long id = insert(row);
    transactions.setTransactionTimeout(1);
    transactions.begin();
    transactions.setTransactionTimeout(0);
    Session session = here.openSession();
    retitle(session, type, id);
    Transaction timedOut = transactions.getTransaction();
    await("the reaper")
        .until(() -> timedOut.getStatus() == Status.STATUS_ROLLEDBACK && title(type, id) != null);

    assertThat(title(type, id).found()).isEqualTo("old");
    assertThatThrownBy(() -> session.find(type, id)).hasMessageContaining("different thread");
    transactions.rollback();
    transactions.begin();
    session.clear();
    assertThat(session.find(type, id).title()).isEqualTo("old");
    retitle(session, type, id);
    transactions.commit();
    session.close();
    assertThat(title(type, id).found()).isEqualTo("new");
  }

  /** {@code REQUIRES_NEW}. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void suspended_innerReadsAndPuts_commitOfTheOuterReplacesIt(
      Class<? extends Titled> type, LongFunction<Titled> row) throws Exception {
    long id = insert(row);
    transactions.begin();
    Session outer = here.openSession();
    retitle(outer, type, id);
    here.getCache().evictAllRegions();
    Transaction suspended = transactions.suspend();
    transactions.begin();
    try (Session inner = here.openSession()) {
      assertThat(inner.find(type, id).title()).isEqualTo("old");
    }
    transactions.commit();
    assertThat(title(type, id)).isEqualTo(new Answer("old", 0));

    transactions.resume(suspended);
    transactions.commit();
    outer.close();

    assertThat(title(type, id).found()).isEqualTo("new");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void update_readByOtherSessionsOfTheTransaction_isSeenByNobodyElse(
      Class<? extends Titled> type, LongFunction<Titled> row) throws Exception {
    long id = insert(row);
    transactions.begin();
    try (Session first = here.openSession();
        Session second = here.openSession();
        StatelessSession third = here.openStatelessSession()) {
      retitle(first, type, id);
      for (int i = 0; i < 2; i++) {
        assertThat(second.find(type, id).title()).isEqualTo("new");
        assertThat(third.get(type, id).title()).isEqualTo("new");
        assertThat(title(type, id).found()).isEqualTo("old");
        second.clear();
        here.getCache().evictEntityData(type, id);
      }
      transactions.rollback();
    }

    assertThat(title(type, id).found()).isEqualTo("old");
    assertThat(title(type, id)).isEqualTo(new Answer("old", 0));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void updates_byTwoSessionsOfTheTransaction_leaveTheCommittedStates(
      Class<? extends Titled> type, LongFunction<Titled> row) throws Exception {
    long id = insert(row);
    long other = insert(row);
    transactions.begin();
    try (Session first = here.openSession();
        Session second = here.openSession()) {
      retitle(second, type, other);
      retitle(first, type, id);
      second.find(type, id).retitle("newer");
      first.find(type, other);
      second.flush();
      transactions.commit();
    }

    assertThat(title(type, id).found()).isEqualTo("newer");
    assertThat(title(type, other).found()).isEqualTo("new");
    assertThat(title(type, id)).isEqualTo(new Answer("newer", 0));
    assertThat(title(type, other)).isEqualTo(new Answer("new", 0));
  }

  /** Hibernate tells the caches of the volume that changes, and not of its shelf. */
  @Test
  void collection_readByOtherSessionsOfTheTransaction_isSeenByNobodyElse() throws Exception {
    long shelf = insert(Shelf::new);
    long volume =
        insert(
            row -> {
              Volume placed = new Volume(row);
              placed.shelf = there.fromSession(session -> session.find(Shelf.class, shelf));
              return placed;
            });
    Function<Session, Integer> volumes = session -> session.find(Shelf.class, shelf).volumes.size();
    transactions.begin();
    try (Session first = here.openSession();
        Session second = here.openSession()) {
      first.find(Volume.class, volume).shelf = null;
      first.flush();
      assertThat(volumes.apply(second)).isEqualTo(0);
      assertThat(there.fromTransaction(volumes)).isEqualTo(1);
      there.getCache().evictCollectionData();
      second.clear();
      assertThat(volumes.apply(second)).isEqualTo(0);
      transactions.rollback();
    }

    assertThat(there.fromTransaction(volumes)).isEqualTo(1);
  }
}
