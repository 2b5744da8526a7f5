package io.yokedcache.examples.hibernate;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.hibernate.Cache;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Two JVMs with Hibernate on one Redis and one database: what one does, the other sees at once. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SharedRegionsIT {

  private static final int ROUNDS = 10;

  private Servers servers;
  private Application here;
  private ApplicationProcess there;
  private Reply firstReadThere;
  private long id;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    servers = Servers.start(folder);
    here = servers.open("shared");
    here.ask(Job.INSERT, 1);
    here.ask(Job.INSERT, 2);
    here.sessions().getCache().evictAllRegions();
    here.ask(Job.ARTICLE, 1);
    there = servers.openElsewhere("shared");
    firstReadThere = there.ask(Job.ARTICLE, 1);
  }

  @AfterAll
  void stop() throws Exception {
    servers.close();
    assertThat(there.log()).noneMatch(line -> line.contains("WARN"));
  }

  @BeforeEach
  void cacheOneRowInBoth() throws Exception {
    id = 1;
    here.ask(Job.ARTICLE, id);
    assertThat(there.ask(Job.ARTICLE, id)).isEqualTo(new Reply(price(), 0));
  }

  /** What the database says. */
  private String price() {
    return here.sessions()
        .fromTransaction(
            session ->
                session
                    .createNativeQuery("select price from Article where id = ?1", Long.class)
                    .setParameter(1, id)
                    .getSingleResult())
        .toString();
  }

  @Test
  void read_firstOfAJvmThatStartedLater_needsNoSql() {
    assertThat(firstReadThere).isEqualTo(new Reply("100", 0));
  }

  static Stream<Arguments> evictions() {
    return Stream.of(
        eviction("evictRegion", cache -> cache.evictRegion(Article.class.getName())),
        eviction("evictEntityData(class)", cache -> cache.evictEntityData(Article.class)),
        eviction("evictEntityData(class, id)", cache -> cache.evictEntityData(Article.class, 1L)),
        eviction("evict(class, id)", cache -> cache.evict(Article.class, 1L)),
        eviction("evictEntityData()", Cache::evictEntityData),
        eviction("evictAllRegions", Cache::evictAllRegions),
        eviction("evictAll", Cache::evictAll));
  }

  private static Arguments eviction(String name, Consumer<Cache> eviction) {
    return Arguments.of(name, eviction);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("evictions")
  void evict_nextReadElsewhere_goesToTheDatabase(String name, Consumer<Cache> eviction)
      throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      eviction.accept(here.sessions().getCache());

      assertThat(there.ask(Job.ARTICLE, id))
          .as("%s, round %d", name, round)
          .isEqualTo(new Reply(price(), 1));
      assertThat(here.ask(Job.ARTICLE, id)).isEqualTo(new Reply(price(), 0));
    }
  }

  @Test
  void bulkUpdate_nextReadElsewhere_isFresh() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      String before = there.ask(Job.ARTICLE, id).text();
      assertThat(here.ask(Job.RAISE_ALL_ARTICLES, 0).text()).isEqualTo("2");

      Reply after = there.ask(Job.ARTICLE, id);

      assertThat(after.text()).isEqualTo(price()).isNotEqualTo(before);
      assertThat(after.statements()).isOne();
      assertThat(here.ask(Job.ARTICLE, id)).isEqualTo(new Reply(after.text(), 0));
    }
  }

  @Test
  void update_nextReadElsewhere_isFreshWithoutSql() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      String raisedHere = here.ask(Job.RAISE_ARTICLE, id).text();
      assertThat(there.ask(Job.ARTICLE, id)).isEqualTo(new Reply(raisedHere, 0));

      String raisedThere = there.ask(Job.RAISE_ARTICLE, id).text();
      assertThat(here.ask(Job.ARTICLE, id)).isEqualTo(new Reply(raisedThere, 0));
      assertThat(raisedThere).isEqualTo(price()).isNotEqualTo(raisedHere);
    }
  }

  @Test
  void update_rolledBack_nextReadElsewhereHasTheOldValue() throws Exception {
    String before = price();
    here.sessions()
        .inSession(
            session -> {
              session.beginTransaction();
              session.find(Article.class, id).price = -1;
              session.flush();
              session.getTransaction().rollback();
            });

    assertThat(there.ask(Job.ARTICLE, id).text()).isEqualTo(before);
  }

  @Test
  void query_afterAnUpdateElsewhere_runsAgain() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      here.ask(Job.ARTICLES_BY_QUERY, id);
      assertThat(there.ask(Job.ARTICLES_BY_QUERY, id)).isEqualTo(new Reply(price(), 0));

      String raised = there.ask(Job.RAISE_ARTICLE, id).text();

      assertThat(here.ask(Job.ARTICLES_BY_QUERY, id)).isEqualTo(new Reply(raised, 1));
      assertThat(there.ask(Job.ARTICLES_BY_QUERY, id)).isEqualTo(new Reply(raised, 0));
      assertThat(here.ask(Job.ARTICLES_BY_QUERY, id)).isEqualTo(new Reply(raised, 0));
    }
  }
}
