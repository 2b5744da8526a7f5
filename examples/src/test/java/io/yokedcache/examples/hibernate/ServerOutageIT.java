package io.yokedcache.examples.hibernate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Path;
import javax.cache.CacheException;
import org.hibernate.HibernateException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What Hibernate does while Redis is away, and after. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class ServerOutageIT {

  private Servers servers;
  private Application application;

  @BeforeEach
  void start(@TempDir Path folder) throws Exception {
    servers = Servers.start(folder);
    application = servers.open(servers.cacheFile("connection.command-timeout = 500ms"), "outage");
    application.ask(Job.INSERT, 1);
    application.ask(Job.ARTICLE, 1);
    assertThat(application.ask(Job.ARTICLE, 1)).isEqualTo(new Reply("100", 0));
  }

  @AfterEach
  void stop() throws Exception {
    servers.close();
  }

  @Test
  void read_serverGone_throwsUntilItIsBack() {
    servers.redis().stop();

    assertThatThrownBy(() -> application.ask(Job.ARTICLE, 1))
        .isInstanceOf(CacheException.class)
        .hasMessageContaining("127.0.0.1");

    servers.redis().restart();
    assertThat(application.ask(Job.ARTICLE, 1)).isEqualTo(new Reply("100", 1));
    assertThat(application.ask(Job.ARTICLE, 1)).isEqualTo(new Reply("100", 0));
  }

  @Test
  void update_serverGone_throwsAndChangesNothing() {
    servers.redis().stop();

    assertThatThrownBy(() -> application.ask(Job.RAISE_ARTICLE, 1))
        .isInstanceOf(CacheException.class);

    servers.redis().restart();
    assertThat(application.ask(Job.ARTICLE, 1)).isEqualTo(new Reply("100", 1));
    assertThat(application.ask(Job.RAISE_ARTICLE, 1).text()).isEqualTo("101");
    assertThat(application.ask(Job.ARTICLE, 1)).isEqualTo(new Reply("101", 0));
  }

  @Test
  void bulkUpdate_serverGone_throwsAndChangesNothing() {
    servers.redis().stop();

    assertThatThrownBy(() -> application.ask(Job.RAISE_ALL_ARTICLES, 0))
        .isInstanceOf(CacheException.class);

    servers.redis().restart();
    assertThat(application.ask(Job.ARTICLE, 1)).isEqualTo(new Reply("100", 1));
  }

  @Test
  void commit_serverGoneSinceTheFlush_throwsButIsInTheDatabase() {
    assumeThat(Application.factory()).isEqualTo("jcache");
    assertThatThrownBy(() -> setPriceTo200(application, servers.redis()::stop))
        .isInstanceOf(HibernateException.class)
        .hasCauseInstanceOf(CacheException.class)
        .hasMessageContaining("afterTransactionCompletion");

    servers.redis().restart();
    assertThat(application.ask(Job.ARTICLE, 1)).isEqualTo(new Reply("200", 1));
    assertThat(application.ask(Job.ARTICLE, 1)).isEqualTo(new Reply("200", 0));
  }

  /** Its locks are set between the flush and the commit. */
  @Test
  void commit_serverGoneSinceTheFlush_changesNothingWithTheRegionFactory() throws Exception {
    try (Application own =
        Application.openWith(
            "yokedcache",
            servers.jdbcUrl(),
            servers.cacheFile("connection.command-timeout = 500ms"),
            "outage.own",
            /* cachesQueries= */ true)) {
      assertThat(own.ask(Job.ARTICLE, 1)).isEqualTo(new Reply("100", 1));

      assertThatThrownBy(() -> setPriceTo200(own, servers.redis()::stop))
          .isInstanceOf(CacheException.class);

      assertThat(servers.price(1)).isEqualTo("100");
      servers.redis().restart();
      assertThat(own.ask(Job.ARTICLE, 1).text()).isEqualTo("100");
      assertThat(own.ask(Job.RAISE_ARTICLE, 1).text()).isEqualTo("101");
      assertThat(own.ask(Job.ARTICLE, 1)).isEqualTo(new Reply("101", 0));
    }
  }

  /** The server keeps its entries, among them the lock that was put over the old row. */
  @Test
  void commit_serverSilentSinceTheFlush_leavesNothingStale() throws Exception {
    assumeThat(Application.factory()).isEqualTo("jcache");
    application.ask(Job.ARTICLES_BY_QUERY, 1);

    assertThatThrownBy(() -> setPriceTo200(application, () -> servers.redis().signal("STOP")))
        .isInstanceOf(HibernateException.class)
        .hasMessageContaining("afterTransactionCompletion");

    servers.redis().signal("CONT");
    assertThat(application.ask(Job.ARTICLE, 1)).isEqualTo(new Reply("200", 1));
    assertThat(application.ask(Job.ARTICLES_BY_QUERY, 1)).isEqualTo(new Reply("200", 1));
    Application other = servers.open("outage");
    // Without SQL if the read before has filled the entry, as with the region factory yokedcache.
    assertThat(other.ask(Job.ARTICLE, 1).text()).isEqualTo("200");
    assertThat(other.ask(Job.ARTICLES_BY_QUERY, 1)).isEqualTo(new Reply("200", 1));
  }

  private static void setPriceTo200(Application application, Runnable betweenFlushAndCommit) {
    application
        .sessions()
        .inTransaction(
            session -> {
              session.find(Article.class, 1L).price = 200;
              session.flush();
              betweenFlushAndCommit.run();
            });
  }
}
