package io.yokedcache.jcache.hibernate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.yokedcache.jcache.YokedCache;
import io.yokedcache.jcache.YokedCachingProvider;
import io.yokedcache.jcache.hibernate.Shelves.Book;
import io.yokedcache.jcache.hibernate.Shelves.Cover;
import io.yokedcache.jcache.hibernate.Shelves.Form;
import io.yokedcache.jcache.hibernate.Shelves.Leaflet;
import io.yokedcache.jcache.hibernate.Shelves.Link;
import io.yokedcache.jcache.hibernate.Shelves.Page;
import io.yokedcache.jcache.hibernate.Shelves.Shelf;
import io.yokedcache.jcache.hibernate.Shelves.Stamp;
import io.yokedcache.jcache.hibernate.Shelves.Titled;
import io.yokedcache.jcache.hibernate.Shelves.Volume;
import io.yokedcache.jcache.testing.RedisServer;
import jakarta.persistence.CacheStoreMode;
import jakarta.persistence.LockModeType;
import jakarta.transaction.Synchronization;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.URL;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.cache.CacheManager;
import javax.cache.Caching;
import org.hibernate.CacheMode;
import org.hibernate.Session;
import org.hibernate.SessionFactory;
import org.hibernate.Version;
import org.hibernate.cfg.Configuration;
import org.hibernate.engine.spi.SessionFactoryImplementor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import redis.clients.jedis.Jedis;

/**
 * Two session factories with the region factory on one Redis and one database. The build runs these
 * tests on Hibernate 7, with which the factory is compiled, and on 6.6.
 */
final class RegionFactoryIT {

  private static final AtomicLong IDS = new AtomicLong();
  private static final Pattern READS = Pattern.compile("cmdstat_mget:calls=(\\d+)");
  private static final Pattern SOCKET_READS = Pattern.compile("total_reads_processed:(\\d+)");

  /** Overrides the annotations. */
  private static final String EARLIER_MAPPING =
      """
      <entity-mappings xmlns="https://jakarta.ee/xml/ns/persistence/orm" version="3.1">
        <entity class="%s"><attributes><transient name="author"/></attributes></entity>
        <entity class="%s"><attributes><transient name="author"/></attributes></entity>
      </entity-mappings>
      """
          .formatted(Form.class.getName(), Stamp.class.getName());

  private static RedisServer redis;
  private static List<CacheManager> managers;
  private static SessionFactory here;
  private static SessionFactory there;

  /** Reads of a whole snapshot, as MySQL's by default. */
  private static SessionFactory repeatable;

  private static SessionFactory near;

  /** An earlier version of the application, without some attributes. */
  private static SessionFactory earlier;

  @BeforeAll
  static void start() {
    redis = RedisServer.start();
    managers = new ArrayList<>();
    String database = "jdbc:h2:mem:" + UUID.randomUUID() + ";DB_CLOSE_DELAY=-1";
    here = open(database, "create", "", false);
    there = open(database, "validate", "", false);
    repeatable = open(database, "validate", "REPEATABLE_READ", false);
    earlier = open(database, "validate", "", false, EARLIER_MAPPING);
    near = open(database, "validate", "", true);
  }

  @AfterAll
  static void stop() {
    Stream.of(near, earlier, repeatable, there, here).forEach(SessionFactory::close);
    redis.close();
  }

  private static SessionFactory open(
      String database, String schema, String isolation, boolean isNear) {
    return open(database, schema, isolation, isNear, /* mapping= */ null);
  }

  private static SessionFactory open(
      String database, String schema, String isolation, boolean isNear, @Nullable String mapping) {
    Properties properties = new Properties();
    properties.setProperty("yokedcache.defaults.near.enabled", String.valueOf(isNear));
    CacheManager manager =
        Caching.getCachingProvider(YokedCachingProvider.class.getName())
            .getCacheManager(
                URI.create(redis.uri() + "?client-name=factory-" + managers.size()),
                RegionFactoryIT.class.getClassLoader(),
                properties);
    managers.add(manager);
    Configuration configuration =
        new Configuration()
            .addAnnotatedClass(Book.class)
            .addAnnotatedClass(Page.class)
            .addAnnotatedClass(Leaflet.class)
            .addAnnotatedClass(Cover.class)
            .addAnnotatedClass(Form.class)
            .addAnnotatedClass(Link.class)
            .addAnnotatedClass(Shelf.class)
            .addAnnotatedClass(Volume.class)
            .addAnnotatedClass(Stamp.class)
            .setProperty("hibernate.connection.url", database)
            .setProperty("hibernate.hbm2ddl.auto", schema)
            .setProperty("hibernate.connection.isolation", isolation)
            .setProperty("hibernate.cache.region.factory_class", "yokedcache")
            .setProperty("hibernate.javax.cache.missing_cache_strategy", "create")
            .setProperty("hibernate.cache.use_query_cache", "true")
            .setProperty("hibernate.generate_statistics", "true")
            .setProperty("hibernate.session.events.log", "false");
    configuration.getProperties().put("hibernate.javax.cache.cache_manager", manager);
    if (mapping != null) {
      configuration.addInputStream(new ByteArrayInputStream(mapping.getBytes(UTF_8)));
    }
    return configuration.buildSessionFactory();
  }

  /** What a session finds, and how many statements it needed. */
  private record Answer(@Nullable Object found, long statements) {}

  private static Answer ask(SessionFactory sessions, Function<Session, @Nullable Object> query) {
    long before = sessions.getStatistics().getPrepareStatementCount();
    Object found = sessions.fromTransaction(query);
    return new Answer(found, sessions.getStatistics().getPrepareStatementCount() - before);
  }

  private static Answer title(SessionFactory sessions, Class<? extends Titled> type, long id) {
    return ask(
        sessions,
        session -> {
          Titled found = session.find(type, id);
          return found == null ? null : found.title();
        });
  }

  private static <T> long insert(LongFunction<T> row) {
    long id = IDS.incrementAndGet();
    here.inTransaction(session -> session.persist(requireNonNull(row.apply(id))));
    return id;
  }

  private static void retitle(Session session, Class<? extends Titled> type, long id) {
    session.find(type, id).retitle("new");
  }

  static Stream<Arguments> kinds() {
    return Stream.of(
        Arguments.of(Book.class, (LongFunction<Titled>) Book::new),
        Arguments.of(Page.class, (LongFunction<Titled>) Page::new),
        Arguments.of(Leaflet.class, (LongFunction<Titled>) Leaflet::new));
  }

  static Stream<Arguments> lockedKinds() {
    return kinds().filter(kind -> kind.get()[0] != Leaflet.class);
  }

  @Test
  void hibernate_isTheVersionThatIsToBeTested() {
    assertThat(Version.getVersionString())
        .startsWith(System.getProperty("hibernate.expected", "7."));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void find_loadedByAnother_needsNoSql(Class<? extends Titled> type, LongFunction<Titled> row) {
    long id = insert(row);
    here.getCache().evictAllRegions();

    assertThat(title(here, type, id)).isEqualTo(new Answer("old", 1));
    assertThat(title(here, type, id)).isEqualTo(new Answer("old", 0));
    assertThat(title(there, type, id)).isEqualTo(new Answer("old", 0));
  }

  @Test
  void insert_nextReadElsewhere_needsNoSql() {
    long id = insert(Page::new);

    assertThat(title(there, Page.class, id)).isEqualTo(new Answer("old", 0));
  }

  @Test
  void insert_lookedForBefore_nextReadElsewhere_needsNoSql() {
    long next = IDS.get() + 1;
    assertThat(title(there, Page.class, next)).isEqualTo(new Answer(null, 1));
    long id = insert(Page::new);

    assertThat(id).isEqualTo(next);
    assertThat(title(there, Page.class, id)).isEqualTo(new Answer("old", 0));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void insert_rolledBack_nothingIsFound(Class<? extends Titled> type, LongFunction<Titled> row) {
    long id = IDS.incrementAndGet();
    rollBack(session -> session.persist(row.apply(id)));

    assertThat(title(here, type, id).found()).isNull();
    assertThat(title(there, type, id).found()).isNull();
  }

  /** The entry of a row that was deleted by plain SQL cannot be the state of the new row. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("lockedKinds")
  void insert_entryOfADeletedRow_nextReadHasTheNewRow(
      Class<? extends Titled> type, LongFunction<Titled> row) {
    long id = insert(row);
    assertThat(title(there, type, id).found()).isEqualTo("old");
    sql("delete from " + type.getSimpleName() + " where id = " + id);

    here.inTransaction(
        session -> {
          session.setCacheMode(CacheMode.PUT); // else Hibernate takes the row for an old one
          Titled other = requireNonNull(row.apply(id));
          other.retitle("new");
          session.persist(other);
        });

    assertThat(title(there, type, id).found()).isEqualTo("new");
    assertThat(title(there, type, id)).isEqualTo(new Answer("new", 0));
  }

  /** Changes rows behind the back of Hibernate. */
  private static void sql(String statement) {
    here.inTransaction(
        session ->
            session.doWork(
                connection -> {
                  try (Statement made = connection.createStatement()) {
                    made.executeUpdate(statement);
                  }
                }));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void update_nextReadElsewhere_isFresh(Class<? extends Titled> type, LongFunction<Titled> row) {
    long id = insert(row);
    assertThat(title(there, type, id).found()).isEqualTo("old");

    here.inTransaction(session -> retitle(session, type, id));

    int statements = type == Leaflet.class ? 1 : 0;
    assertThat(title(there, type, id)).isEqualTo(new Answer("new", statements));
    assertThat(title(here, type, id)).isEqualTo(new Answer("new", 0));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void update_rolledBack_nextReadHasTheOldState(
      Class<? extends Titled> type, LongFunction<Titled> row) {
    long id = insert(row);
    rollBack(session -> retitle(session, type, id));

    assertThat(title(here, type, id).found()).isEqualTo("old");
    assertThat(title(there, type, id).found()).isEqualTo("old");
    assertThat(title(there, type, id)).isEqualTo(new Answer("old", 0));
  }

  /** Reading it again in the same transaction must show it to nobody else. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void update_readAgainBeforeTheCommit_isSeenByNobodyElse(
      Class<? extends Titled> type, LongFunction<Titled> row) {
    long id = insert(row);
    rollBack(
        session -> {
          retitle(session, type, id);
          session.flush();
          here.getCache().evictAllRegions();
          session.clear();
          assertThat(session.find(type, id).title()).isEqualTo("new");

          assertThat(title(there, type, id).found()).isEqualTo("old");
        });

    assertThat(title(there, type, id).found()).isEqualTo("old");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void delete_nextReadElsewhere_findsNothing(
      Class<? extends Titled> type, LongFunction<Titled> row) {
    long id = insert(row);
    assertThat(title(there, type, id).found()).isEqualTo("old");

    here.inTransaction(session -> session.remove(session.find(type, id)));

    assertThat(title(there, type, id).found()).isNull();
  }

  /** How a row changes while another session loads it. */
  enum Change {
    UPDATE {
      @Override
      void make(Class<? extends Titled> type, long id) {
        here.inTransaction(session -> retitle(session, type, id));
      }
    },
    UPDATE_OF_AN_EVICTED_ENTRY {
      @Override
      void make(Class<? extends Titled> type, long id) {
        here.inTransaction(
            session -> {
              retitle(session, type, id);
              session.flush();
              here.getCache().evictAllRegions();
            });
        here.getCache().evict(type, id);
      }
    },
    BULK_UPDATE {
      @Override
      void make(Class<? extends Titled> type, long id) {
        String update = "update " + type.getSimpleName() + " set title = 'new' where id = ?1";
        here.inTransaction(
            session -> session.createMutationQuery(update).setParameter(1, id).executeUpdate());
      }
    },
    DELETE {
      @Override
      void make(Class<? extends Titled> type, long id) {
        here.inTransaction(session -> session.remove(session.find(type, id)));
      }
    };

    abstract void make(Class<? extends Titled> type, long id);
  }

  static Stream<Arguments> changes() {
    return kinds()
        .flatMap(
            kind ->
                Stream.of(Change.values())
                    .map(change -> Arguments.of(change, kind.get()[0], kind.get()[1])));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("changes")
  void load_rowIsChangedMeanwhile_leavesNoOldState(
      Change change, Class<? extends Titled> type, LongFunction<Titled> row) {
    long id = insert(row);
    for (SessionFactory sessions : List.of(there, repeatable)) {
      here.getCache().evictAllRegions();
      Shelves.WHILE_LOADING.set(() -> change.make(type, id));
      assertThat(title(sessions, type, id).found()).isIn("old", "new", null);

      assertThat(Shelves.WHILE_LOADING.get()).isNull();
      Object stored = change == Change.DELETE ? null : "new";
      for (int i = 0; i < 3; i++) {
        assertThat(title(there, type, id).found()).isEqualTo(stored);
        assertThat(title(here, type, id).found()).isEqualTo(stored);
      }
      if (change == Change.DELETE) {
        return;
      }
    }
  }

  /** The one way to replace the state of a row that was changed behind the back of Hibernate. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void refresh_rowWasChangedBySql_replacesTheEntry(
      Class<? extends Titled> type, LongFunction<Titled> row) {
    for (SessionFactory sessions : List.of(there, repeatable)) {
      long id = insert(row);
      assertThat(title(here, type, id).found()).isEqualTo("old");
      sql("update " + type.getSimpleName() + " set title = 'new' where id = " + id);
      assertThat(title(sessions, type, id)).isEqualTo(new Answer("old", 0));

      assertThat(ask(sessions, refreshing(session -> session.find(type, id).title())))
          .isEqualTo(new Answer("new", 1));

      assertThat(title(sessions, type, id)).isEqualTo(new Answer("new", 0));
      assertThat(title(here, type, id)).isEqualTo(new Answer("new", 0));
    }
  }

  private static Function<Session, @Nullable Object> refreshing(
      Function<Session, @Nullable Object> query) {
    return session -> {
      refresh(session);
      return query.apply(session);
    };
  }

  /** All that the session reads is read from the database and replaces the entries. */
  private static void refresh(Session session) {
    session.setProperty("jakarta.persistence.cache.storeMode", CacheStoreMode.REFRESH);
  }

  /** The entry of a row with a version has what was loaded, so nothing is put. */
  @Test
  void refresh_rowIsUnchanged_putsNothing() {
    long id = insert(Book::new);
    assertThat(title(there, Book.class, id)).isEqualTo(new Answer("old", 0));
    long before = there.getStatistics().getSecondLevelCachePutCount();

    assertThat(ask(there, refreshing(session -> session.find(Book.class, id).title())))
        .isEqualTo(new Answer("old", 1));

    assertThat(there.getStatistics().getSecondLevelCachePutCount()).isEqualTo(before);
    assertThat(title(there, Book.class, id)).isEqualTo(new Answer("old", 0));
  }

  @Test
  void refresh_collectionWasChangedBySql_replacesTheEntry() {
    long id = insert(Book::new);
    Function<Session, @Nullable Object> notes =
        session -> String.join(",", session.find(Book.class, id).notes);
    ask(there, notes);
    sql("insert into Notes (Book_id, notes) values (" + id + ", 'first')");
    assertThat(ask(there, notes)).isEqualTo(new Answer("", 0));

    assertThat(ask(there, refreshing(notes)).found()).isEqualTo("first");

    assertThat(ask(there, notes)).isEqualTo(new Answer("first", 0));
  }

  @Test
  void refresh_naturalIdWasMovedBySql_replacesTheEntry() {
    long id = insert(Book::new);
    long heir = insert(Book::new);
    here.inTransaction(session -> retitle(session, Book.class, heir));
    String isbn = "isbn " + id;
    sql("update Book set isbn = 'lost " + id + "' where id = " + id);
    sql("update Book set isbn = '" + isbn + "' where id = " + heir);
    assertThat(byNaturalId(there, isbn)).isEqualTo(new Answer("old", 0));

    assertThat(ask(there, refreshing(session -> byNaturalId(session, isbn))).found())
        .isEqualTo("new");

    assertThat(byNaturalId(there, isbn)).isEqualTo(new Answer("new", 0));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("changes")
  void refresh_rowIsChangedMeanwhile_leavesNoOldState(
      Change change, Class<? extends Titled> type, LongFunction<Titled> row) {
    for (SessionFactory sessions : List.of(there, repeatable)) {
      long id = insert(row);
      assertThat(title(there, type, id).found()).isEqualTo("old");
      Shelves.WHILE_LOADING.set(() -> change.make(type, id));

      ask(sessions, refreshing(session -> session.find(type, id).title()));

      assertThat(Shelves.WHILE_LOADING.get()).isNull();
      Object stored = change == Change.DELETE ? null : "new";
      for (int i = 0; i < 3; i++) {
        assertThat(title(there, type, id).found()).isEqualTo(stored);
        assertThat(title(here, type, id).found()).isEqualTo(stored);
      }
    }
  }

  /** The mode is for states that others have changed, so the own ones stay out. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void refresh_ofTheOwnChange_isSeenByNobodyElse(
      Class<? extends Titled> type, LongFunction<Titled> row) {
    long id = insert(row);
    rollBack(
        session -> {
          retitle(session, type, id);
          session.flush();
          session.clear();
          refresh(session);
          assertThat(session.find(type, id).title()).isEqualTo("new");
        });

    assertThat(title(there, type, id).found()).isEqualTo("old");
  }

  /** A snapshot has the state from before a change that is over when the load begins. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void load_ofASnapshotFromBeforeAChange_leavesNoOldState(
      Class<? extends Titled> type, LongFunction<Titled> row) {
    long other = insert(row);
    long id = insert(row);
    here.getCache().evictAllRegions();
    repeatable.inTransaction(
        session -> {
          assertThat(session.find(type, other).title()).isEqualTo("old");
          here.inTransaction(changing -> retitle(changing, type, id));
          here.getCache().evictAllRegions();
          assertThat(session.find(type, id).title()).isEqualTo("old");
        });

    assertThat(title(there, type, id).found()).isEqualTo("new");
  }

  /** Each look that finds nothing leaves a ticket, which a later transaction may use. */
  @Test
  void load_ofASnapshot_fillsTheEntryAtTheSecondTime() {
    long id = insert(Page::new);
    here.getCache().evictAllRegions();

    assertThat(title(repeatable, Page.class, id)).isEqualTo(new Answer("old", 1));
    assertThat(title(repeatable, Page.class, id)).isEqualTo(new Answer("old", 1));
    assertThat(title(repeatable, Page.class, id)).isEqualTo(new Answer("old", 0));
  }

  @Test
  void load_byQueries_fillsTheEntryAtTheSecondTime() {
    long id = insert(Page::new);
    here.getCache().evictAllRegions();
    Function<Session, @Nullable Object> query =
        session ->
            session
                .createQuery("from Page where id = ?1", Page.class)
                .setParameter(1, id)
                .getSingleResult()
                .title();
    assertThat(ask(here, query)).isEqualTo(new Answer("old", 1));
    assertThat(ask(here, query)).isEqualTo(new Answer("old", 1));

    assertThat(title(here, Page.class, id)).isEqualTo(new Answer("old", 0));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void update_lockIsClearedAndTheOldStateLoaded_nextReadIsFresh(
      Class<? extends Titled> type, LongFunction<Titled> row) {
    long id = insert(row);
    here.inTransaction(
        session -> {
          retitle(session, type, id);
          whenLocked(
              session,
              () -> {
                there.getCache().evictAllRegions();
                assertThat(title(there, type, id).found()).isEqualTo("old");
                assertThat(title(there, type, id)).isEqualTo(new Answer("old", 0));
              });
        });

    assertThat(title(there, type, id).found()).isEqualTo("new");
    assertThat(title(here, type, id).found()).isEqualTo("new");
  }

  /** The lock and the new state guess what the entry is, and so need no reads. */
  @Test
  void update_readsTheEntryOnce() {
    long id = insert(Page::new);
    long before = reads();

    here.inTransaction(session -> retitle(session, Page.class, id));

    assertThat(reads() - before).isEqualTo(1);
    assertThat(title(there, Page.class, id)).isEqualTo(new Answer("new", 0));
  }

  /** How often clients have read an entry from the server. */
  private static long reads() {
    return figure(READS, "commandstats");
  }

  private static long figure(Pattern pattern, String section) {
    try (Jedis jedis = new Jedis(redis.uri())) {
      Matcher matcher = pattern.matcher(jedis.info(section));
      return matcher.find() ? Long.parseLong(matcher.group(1)) : 0;
    }
  }

  /** Locks and tickets end by themselves; states live as long as the region says. */
  @Test
  void timesToLive_ofLocksTicketsAndStates() {
    here.getCache().evictAllRegions();
    long id = insert(Page::new);
    here.getCache().evictAllRegions();
    YokedCache<Object, Object> pages = pages(0);
    there.inTransaction(session -> retitle(session, Page.class, id));
    Object key = requireNonNull(pages.iterator().next().getKey());
    assertThat(pages.ttl(key)).contains(YokedCache.ETERNAL);

    here.inTransaction(
        session -> {
          session.find(Page.class, id).retitle("newer");
          whenLocked(
              session,
              () ->
                  assertThat(pages.ttl(key).orElseThrow())
                      .isBetween(Duration.ofSeconds(10), Duration.ofSeconds(60)));
        });
    assertThat(pages.ttl(key)).contains(YokedCache.ETERNAL);

    assertThatThrownBy(
            () ->
                here.inTransaction(
                    session -> {
                      session.find(Page.class, id).retitle("newest");
                      whenLocked(session, RegionFactoryIT::refuse);
                    }))
        .hasStackTraceContaining("refused");
    assertThat(pages.ttl(key).orElseThrow())
        .isBetween(Duration.ofMinutes(5), Duration.ofMinutes(10));
    assertThat(title(there, Page.class, id)).isEqualTo(new Answer("newer", 1));
    assertThat(pages.ttl(key)).contains(YokedCache.ETERNAL);
  }

  @SuppressWarnings("unchecked")
  private static YokedCache<Object, Object> pages(int factory) {
    return managers.get(factory).getCache(Page.class.getName()).unwrap(YokedCache.class);
  }

  /** Hits of a near cache are one object, of which each session makes its own state. */
  @Test
  void nearHits_changedInPlace_areSeenByNobodyElse() {
    long id = insert(Page::new);
    here.getCache().evictAllRegions();
    Function<Session, byte[]> picture = session -> session.find(Page.class, id).picture;
    await()
        .until(
            () -> {
              near.fromSession(picture);
              long before = reads();
              near.fromSession(picture)[0] = 2;
              return reads() == before;
            });

    assertThat(near.fromSession(picture)).containsExactly(1);
    YokedCache<Object, Object> pages = pages(managers.size() - 1);
    Object key = requireNonNull(pages.iterator().next().getKey());
    assertThat(pages.get(key)).isInstanceOf(RegionEntry.Item.class).isSameAs(pages.get(key));
  }

  @Test
  void collection_changed_nextReadElsewhere_isFresh() {
    long id = insert(Book::new);
    Function<Session, @Nullable Object> notes =
        session -> String.join(",", session.find(Book.class, id).notes);
    assertThat(ask(there, notes)).isEqualTo(new Answer("", 1));
    assertThat(ask(there, notes)).isEqualTo(new Answer("", 0));

    here.inTransaction(session -> session.find(Book.class, id).notes.add("first"));

    assertThat(ask(there, notes)).isEqualTo(new Answer("first", 1));
    assertThat(ask(here, notes)).isEqualTo(new Answer("first", 0));
    rollBack(session -> session.find(Book.class, id).notes.add("second"));
    assertThat(ask(there, notes).found()).isEqualTo("first");
  }

  @Test
  void naturalId_changed_isFoundByTheNewOneOnly() {
    long id = insert(Book::new);
    assertThat(byNaturalId(there, "isbn " + id)).isEqualTo(new Answer("old", 0));

    here.inTransaction(session -> session.find(Book.class, id).isbn = "other " + id);

    assertThat(byNaturalId(there, "other " + id)).isEqualTo(new Answer("old", 0));
    assertThat(byNaturalId(there, "isbn " + id).found()).isNull();
    here.inTransaction(session -> session.remove(session.find(Book.class, id)));
    assertThat(byNaturalId(there, "other " + id).found()).isNull();
  }

  @Test
  void naturalId_lookedFor_needsNoSqlAtTheThirdTime() {
    long id = insert(Book::new);
    here.getCache().evictAllRegions();
    assertThat(byNaturalId(here, "isbn " + id).found()).isEqualTo("old");
    assertThat(byNaturalId(here, "isbn " + id).found()).isEqualTo("old");

    assertThat(byNaturalId(here, "isbn " + id)).isEqualTo(new Answer("old", 0));
  }

  private static Answer byNaturalId(SessionFactory sessions, String isbn) {
    return ask(sessions, session -> byNaturalId(session, isbn));
  }

  @SuppressWarnings("deprecation") // Hibernate 6.6 has no other way.
  private static @Nullable String byNaturalId(Session session, String isbn) {
    return session.bySimpleNaturalId(Book.class).loadOptional(isbn).map(Book::title).orElse(null);
  }

  @Test
  void query_afterAnUpdateElsewhere_runsAgain() {
    long id = insert(Page::new);
    Function<Session, @Nullable Object> query =
        session ->
            session
                .createQuery("select title from Page where id = ?1", String.class)
                .setParameter(1, id)
                .setCacheable(true)
                .getSingleResult();
    assertThat(ask(here, query).found()).isEqualTo("old");
    assertThat(ask(there, query)).isEqualTo(new Answer("old", 0));

    here.inTransaction(session -> retitle(session, Page.class, id));

    assertThat(ask(there, query)).isEqualTo(new Answer("new", 1));
    assertThat(ask(there, query)).isEqualTo(new Answer("new", 0));
  }

  @Test
  void bulkUpdate_readBeforeTheCommit_isSeenByNobodyElse() {
    long id = insert(Page::new);
    rollBack(
        session -> {
          session
              .createMutationQuery("update Page set title = 'new' where id = ?1")
              .setParameter(1, id)
              .executeUpdate();
          here.getCache().evictAllRegions();
          assertThat(session.find(Page.class, id).title()).isEqualTo("new");
          assertThat(title(there, Page.class, id).found()).isEqualTo("old");
        });

    assertThat(title(there, Page.class, id).found()).isEqualTo("old");
  }

  /** Runs an action when the entries that a transaction has changed are locked. */
  private static void whenLocked(Session session, Runnable action) {
    session
        .getTransaction()
        .registerSynchronization(
            new Synchronization() {
              @Override
              public void beforeCompletion() {
                action.run();
              }

              @Override
              public void afterCompletion(int status) {}
            });
  }

  private static void refuse() {
    throw new IllegalStateException("refused");
  }

  /** The entry is locked before the commit, so that nothing is to be done if there is none. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void update_rolledBackAfterTheFlush_keepsTheEntryOfReadWrite(
      Class<? extends Titled> type, LongFunction<Titled> row) {
    long id = insert(row);
    assertThat(title(here, type, id).found()).isEqualTo("old");

    rollBack(session -> retitle(session, type, id));

    long statements = type == Leaflet.class ? 1 : 0;
    assertThat(title(there, type, id)).isEqualTo(new Answer("old", statements));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void update_readAgainBeforeTheCommit_hasTheOwnState(
      Class<? extends Titled> type, LongFunction<Titled> row) {
    long id = insert(row);
    assertThat(title(here, type, id).found()).isEqualTo("old");

    rollBack(
        session -> {
          retitle(session, type, id);
          session.flush();
          session.clear();
          assertThat(session.find(type, id).title()).isEqualTo("new");
        });
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void update_flushedTwice_leavesTheLastState(
      Class<? extends Titled> type, LongFunction<Titled> row) {
    long id = insert(row);

    here.inTransaction(
        session -> {
          retitle(session, type, id);
          session.flush();
          session.find(type, id).retitle("newer");
        });

    long statements = type == Leaflet.class ? 1 : 0;
    assertThat(title(there, type, id)).isEqualTo(new Answer("newer", statements));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("lockedKinds")
  void statistics_ofAChange_countThePutThatIsMade(
      Class<? extends Titled> type, LongFunction<Titled> row) {
    long before = puts();
    long id = insert(row);
    // A book has a natural id as well.
    long inserted = type == Book.class ? 2 : 1;
    assertThat(puts() - before).isEqualTo(inserted);
    here.inTransaction(session -> retitle(session, type, id));
    assertThat(puts() - before).isEqualTo(inserted + 1);

    here.inTransaction(
        session -> {
          session.find(type, id).retitle("newer");
          session.flush();
          whenLocked(session, () -> here.getCache().evictEntityData(type, id));
        });

    assertThat(puts() - before).isEqualTo(inserted + 1);
  }

  private static long puts() {
    return here.getStatistics().getSecondLevelCachePutCount()
        + here.getStatistics().getNaturalIdCachePutCount();
  }

  /** Such a change comes after the locks of the others were set. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void update_flushedJustBeforeTheCommit_nextReadElsewhere_isFresh(
      Class<? extends Titled> type, LongFunction<Titled> row) {
    long id = insert(row);
    assertThat(title(there, type, id).found()).isEqualTo("old");

    here.inTransaction(
        session ->
            whenLocked(
                session,
                () -> {
                  retitle(session, type, id);
                  session.flush();
                }));

    assertThat(title(there, type, id).found()).isEqualTo("new");
  }

  /** Hibernate does not tell the caches of the end of these transactions. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void update_byStatelessSession_nextReadElsewhere_isFresh(
      Class<? extends Titled> type, LongFunction<Titled> row) {
    long id = insert(row);
    assertThat(title(there, type, id).found()).isEqualTo("old");

    here.inStatelessTransaction(
        session -> {
          Titled found = session.get(type, id);
          found.retitle("new");
          session.update(found);
        });

    // Hibernate 6.6 does not tell them of the change either.
    boolean isTold = !Version.getVersionString().startsWith("6.");
    assertThat(title(there, type, id).found()).isEqualTo(isTold ? "new" : "old");
  }

  /** Hibernate tells of the end of the transaction only by the session that began it. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void update_inASharedTransaction_nextReadElsewhere_isFresh(
      Class<? extends Titled> type, LongFunction<Titled> row) {
    long id = insert(row);
    assertThat(title(there, type, id).found()).isEqualTo("old");

    here.inTransaction(
        parent -> {
          try (Session child = parent.sessionWithOptions().connection().openSession()) {
            retitle(child, type, id);
            child.flush();
          }
        });

    assertThat(title(there, type, id).found()).isEqualTo("new");
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void update_readByASessionOfTheSameTransaction_isSeenByNobodyElse(
      Class<? extends Titled> type, LongFunction<Titled> row) {
    long id = insert(row);
    assertThat(title(there, type, id).found()).isEqualTo("old");

    rollBack(
        parent -> {
          retitle(parent, type, id);
          parent.flush();
          for (int i = 0; i < 2; i++) {
            try (Session child = parent.sessionWithOptions().connection().openSession()) {
              assertThat(child.find(type, id).title()).isEqualTo("new");
            }
            assertThat(title(there, type, id).found()).isEqualTo("old");
            here.getCache().evictEntityData(type, id);
          }
        });

    assertThat(title(there, type, id).found()).isEqualTo("old");
  }

  @Test
  void query_afterTheOwnFlush_isSeenByNobodyElse() {
    long id = insert(Page::new);
    Function<Session, @Nullable Object> query =
        session ->
            session
                .createQuery("select title from Page where id = ?1", String.class)
                .setParameter(1, id)
                .setCacheable(true)
                .getSingleResult();

    rollBack(
        session -> {
          retitle(session, Page.class, id);
          assertThat(query.apply(session)).isEqualTo("new");
          assertThat(ask(there, query).found()).isEqualTo("old");
        });

    assertThat(ask(there, query).found()).isEqualTo("old");
  }

  static Stream<Arguments> placesOfAVolume() {
    return Stream.of(
        Arguments.of(
            "one-to-many",
            (BiConsumer<Volume, @Nullable Shelf>) (volume, shelf) -> volume.shelf = shelf,
            (Function<Shelf, Object>) shelf -> shelf.volumes.size()),
        Arguments.of(
            "many-to-many",
            (BiConsumer<Volume, @Nullable Shelf>)
                (volume, shelf) -> volume.shelves = shelf == null ? Set.of() : Set.of(shelf),
            (Function<Shelf, Object>) shelf -> shelf.copies.size()));
  }

  /** Hibernate tells the caches of the volume that changes, and not of its shelf. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("placesOfAVolume")
  void collection_readAfterTheOwnFlushOfAnElement_isSeenByNobodyElse(
      String name, BiConsumer<Volume, @Nullable Shelf> place, Function<Shelf, Object> content) {
    long id = insert(Shelf::new);
    insert(
        row -> {
          Volume volume = new Volume(row);
          place.accept(volume, here.fromSession(session -> session.find(Shelf.class, id)));
          return volume;
        });
    long volume = IDS.get();
    Function<Session, @Nullable Object> read =
        session -> content.apply(session.find(Shelf.class, id));
    here.getCache().evictAllRegions();

    rollBack(
        session -> {
          place.accept(session.find(Volume.class, volume), null);
          session.flush();
          session.clear();
          assertThat(read.apply(session)).isEqualTo(0);
          assertThat(ask(there, read).found()).isEqualTo(1);
        });

    assertThat(ask(there, read).found()).isEqualTo(1);
  }

  /** What a transaction reads after its own flush is put when it is committed. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void load_afterTheOwnFlushOfAnother_nextReadElsewhereNeedsNoSql(
      Class<? extends Titled> type, LongFunction<Titled> row) {
    long other = insert(row);
    long id = insert(row);
    long book = insert(Book::new);
    here.getCache().evictAllRegions();
    Function<Session, @Nullable Object> notes =
        session -> session.find(Book.class, book).notes.size();
    long before = here.getStatistics().getSecondLevelCachePutCount();

    here.inTransaction(
        session -> {
          retitle(session, type, other);
          session.flush();
          session.find(type, id);
          assertThat(notes.apply(session)).isEqualTo(0);
        });

    assertThat(title(there, type, id)).isEqualTo(new Answer("old", 0));
    assertThat(ask(there, notes)).isEqualTo(new Answer(0, 0));
    // The other row is loaded before the flush, and put after its change if it has locks.
    assertThat(here.getStatistics().getSecondLevelCachePutCount() - before)
        .isEqualTo(type == Leaflet.class ? 4 : 5);
  }

  /** Such a load is older than the change. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void load_afterTheOwnFlushOfAnother_thenChanged_leavesTheLastState(
      Class<? extends Titled> type, LongFunction<Titled> row) {
    long other = insert(row);
    long id = insert(row);
    here.getCache().evictAllRegions();

    here.inTransaction(
        session -> {
          retitle(session, type, other);
          session.flush();
          retitle(session, type, id);
        });

    assertThat(title(there, type, id).found()).isEqualTo("new");
    assertThat(title(here, type, id)).isEqualTo(new Answer("new", 0));
  }

  /** Hibernate locks and unlocks the entry before it locks it for the update. */
  @ParameterizedTest(name = "{0}")
  @MethodSource("lockedKinds")
  void update_ofALockedRow_locksTheEntryBeforeTheCommit(
      Class<? extends Titled> type, LongFunction<Titled> row) {
    long id = insert(row);

    here.inTransaction(
        session -> {
          lockRow(session, type, id).retitle("new");
          session.flush();
          session.lock((Object) session.find(type, id), LockModeType.PESSIMISTIC_WRITE);
          whenLocked(session, () -> assertThat(title(there, type, id).statements()).isEqualTo(1));
        });

    assertThat(title(there, type, id)).isEqualTo(new Answer("new", 0));
  }

  private static <T> T lockRow(Session session, Class<T> type, long id) {
    return session.find(type, id, LockModeType.PESSIMISTIC_WRITE);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("lockedKinds")
  void find_locksTheRow_keepsTheEntry(Class<? extends Titled> type, LongFunction<Titled> row) {
    long id = insert(row);

    here.inTransaction(
        session -> {
          lockRow(session, type, id);
          session.clear();
          session.lock((Object) session.find(type, id), LockModeType.PESSIMISTIC_WRITE);
        });

    assertThat(title(there, type, id)).isEqualTo(new Answer("old", 0));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void insert_changedInTheSameTransaction_leavesTheLastState(
      Class<? extends Titled> type, LongFunction<Titled> row) {
    long id = IDS.incrementAndGet();

    here.inTransaction(
        session -> {
          session.persist(row.apply(id));
          session.flush();
          retitle(session, type, id);
        });

    assertThat(title(there, type, id).found()).isEqualTo("new");
    assertThat(title(there, type, id)).isEqualTo(new Answer("new", 0));
  }

  @Test
  void insert_readInTheSameTransaction_nextReadElsewhereNeedsNoSql() {
    long id = IDS.incrementAndGet();

    here.inTransaction(
        session -> {
          session.persist(new Page(id));
          session.flush();
          session.clear();
          assertThat(session.find(Page.class, id).title()).isEqualTo("old");
        });

    assertThat(title(there, Page.class, id)).isEqualTo(new Answer("old", 0));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kinds")
  void delete_insertedAgainInTheSameTransaction_leavesTheNewRow(
      Class<? extends Titled> type, LongFunction<Titled> row) {
    long id = insert(row);
    assertThat(title(there, type, id).found()).isEqualTo("old");

    here.inTransaction(
        session -> {
          session.remove(session.find(type, id));
          session.flush();
          Titled again = row.apply(id);
          again.retitle("new");
          session.persist(again);
        });

    assertThat(title(there, type, id).found()).isEqualTo("new");
    assertThat(title(there, type, id)).isEqualTo(new Answer("new", 0));
  }

  /** All locks go to Redis together, and all new states, with the update timestamps. */
  @Test
  void changes_ofManyRows_takeTwoRoundTrips() {
    List<Long> updated = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      updated.add(insert(Page::new));
    }
    here.inSession(
        session -> {
          session.beginTransaction();
          updated.forEach(id -> retitle(session, Page.class, id));
          List<Long> inserted = new ArrayList<>();
          for (int i = 0; i < 20; i++) {
            long id = IDS.incrementAndGet();
            inserted.add(id);
            session.persist(new Page(id));
          }
          long before = socketReads();

          session.getTransaction().commit();

          // Two, those of the client that asks, and pings of near caches; one by one it were 84.
          assertThat(socketReads() - before).isLessThan(42);
          updated.forEach(
              id -> assertThat(title(there, Page.class, id)).isEqualTo(new Answer("new", 0)));
          inserted.forEach(
              id -> assertThat(title(there, Page.class, id)).isEqualTo(new Answer("old", 0)));
        });
  }

  private static long socketReads() {
    return figure(SOCKET_READS, "stats");
  }

  /** Hibernate's states have the values by position, so that of another mapping is unreadable. */
  @Test
  void find_putWithAnotherMapping_readsTheRow() {
    long id = insert(Form::new);
    Function<Session, @Nullable Object> form = session -> session.find(Form.class, id).text();

    for (int i = 0; i < 3; i++) {
      // A transient attribute keeps its default.
      assertThat(ask(earlier, form).found()).isEqualTo("author place first");
      assertThat(ask(here, form).found()).isEqualTo("author place first");
    }
    assertThat(ask(here, form)).isEqualTo(new Answer("author place first", 0));

    earlier.inTransaction(session -> session.find(Form.class, id).edition = "next");
    assertThat(ask(here, form).found()).isEqualTo("author place next");
    here.inTransaction(session -> session.find(Form.class, id).edition = "last");
    assertThat(ask(earlier, form).found()).isEqualTo("author place last");
  }

  @Test
  void layout_ofEqualMappings_isEqual() {
    for (Class<?> type : List.of(Book.class, Cover.class, Form.class)) {
      assertThat(layout(there, type)).as(type.getName()).isEqualTo(layout(here, type));
    }
    assertThat(layout(earlier, Form.class)).isNotEqualTo(layout(here, Form.class));
  }

  private static long layout(SessionFactory sessions, Class<?> entity) {
    return Layout.ofEntities(sessions.unwrap(SessionFactoryImplementor.class), entity.getName())
        .id();
  }

  @Test
  void find_readOnlyPutWithAnotherMapping_readsTheRow() {
    long id = insert(Stamp::new);
    Function<Session, @Nullable Object> stamp = session -> session.find(Stamp.class, id).text();

    for (int i = 0; i < 3; i++) {
      assertThat(ask(earlier, stamp).found()).isEqualTo("author place");
      assertThat(ask(here, stamp).found()).isEqualTo("author place");
    }
    assertThat(ask(here, stamp)).isEqualTo(new Answer("author place", 0));
  }

  /** Nothing fails: the application has each state and result from the database. */
  @Test
  void stateThatCannotBeStored_isReadFromTheDatabase() {
    long id = insert(Link::new);
    assertThat(title(there, Link.class, id)).isEqualTo(new Answer("old", 1));
    assertThat(title(there, Link.class, id)).isEqualTo(new Answer("old", 1));

    here.inTransaction(session -> retitle(session, Link.class, id));

    assertThat(title(there, Link.class, id)).isEqualTo(new Answer("new", 1));
    Function<Session, @Nullable Object> target =
        session ->
            String.valueOf(
                session
                    .createQuery("select target from Link where id = ?1", URL.class)
                    .setParameter(1, id)
                    .setCacheable(true)
                    .getSingleResult());
    assertThat(ask(there, target)).isEqualTo(new Answer("http://127.0.0.1/", 1));
    assertThat(ask(there, target)).isEqualTo(new Answer("http://127.0.0.1/", 1));
  }

  /** What a full server does not store is in the database. */
  @Test
  void fullServer_failsNoRead() {
    long id = insert(Page::new);
    long stamp = insert(Stamp::new);
    here.getCache().evictAllRegions();
    Function<Session, @Nullable Object> query =
        session ->
            session
                .createQuery("select title from Page where id = ?1", String.class)
                .setParameter(1, id)
                .setCacheable(true)
                .getSingleResult();
    try (Jedis jedis = new Jedis(redis.uri())) {
      jedis.configSet("maxmemory", "1");
      try {
        assertThat(title(here, Page.class, id)).isEqualTo(new Answer("old", 1));
        assertThat(ask(here, query)).isEqualTo(new Answer("old", 1));
        assertThat(ask(here, session -> session.find(Stamp.class, stamp).place))
            .isEqualTo(new Answer("place", 1));
      } finally {
        jedis.configSet("maxmemory", "0");
      }
    }
    assertThat(ask(here, query)).isEqualTo(new Answer("old", 1));
    assertThat(ask(here, query)).isEqualTo(new Answer("old", 0));
  }

  private static void rollBack(Consumer<Session> action) {
    here.inSession(
        session -> {
          session.beginTransaction();
          action.accept(session);
          session.flush();
          session.getTransaction().rollback();
        });
  }
}
