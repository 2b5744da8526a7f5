package io.yokedcache.examples.hibernate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Several session factories in one JVM, one after the other and side by side. */
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class SessionFactoryLifecycleIT {

  private Servers servers;

  @BeforeEach
  void start(@TempDir Path folder) throws Exception {
    servers = Servers.start(folder);
  }

  @AfterEach
  void stop() throws Exception {
    servers.close();
  }

  @Test
  void reopen_sameConfiguration_findsItsEntries() throws Exception {
    String cacheFile = servers.cacheFile("");
    try (Application first = servers.open(cacheFile, "again")) {
      first.ask(Job.INSERT, 1);
      first.ask(Job.ARTICLE, 1);
      first.ask(Job.ARTICLES_BY_QUERY, 1);
    }
    for (int round = 0; round < 3; round++) {
      try (Application next = servers.open(cacheFile, "again")) {
        assertThat(next.ask(Job.ARTICLE, 1).statements()).isZero();
        assertThat(next.ask(Job.ARTICLES_BY_QUERY, 1).statements()).isZero();
        String raised = next.ask(Job.RAISE_ARTICLE, 1).text();
        assertThat(next.ask(Job.ARTICLE, 1)).isEqualTo(new Reply(raised, 0));
        assertThat(next.ask(Job.ARTICLES_BY_QUERY, 1)).isEqualTo(new Reply(raised, 1));
      }
    }
  }

  @Test
  void reopen_afterClearOnCreate_startsEmpty() throws Exception {
    String cacheFile = servers.cacheFile("caches.\"cleared.*\".clear-on-create = true");
    try (Application first = servers.open(cacheFile, "cleared")) {
      first.ask(Job.INSERT, 1);
      first.ask(Job.ARTICLE, 1);
      assertThat(first.ask(Job.ARTICLE, 1)).isEqualTo(new Reply("100", 0));
    }
    Application second = servers.open(cacheFile, "cleared");
    assertThat(second.ask(Job.ARTICLE, 1)).isEqualTo(new Reply("100", 1));
  }

  @Test
  void twoPrefixes_shareNoEntries() throws Exception {
    Application one = servers.open("one");
    Application two = servers.open("two");
    one.ask(Job.INSERT, 1);
    one.ask(Job.ARTICLE, 1);

    assertThat(two.ask(Job.ARTICLE, 1)).isEqualTo(new Reply("100", 1));
    assertThat(two.ask(Job.ARTICLE, 1)).isEqualTo(new Reply("100", 0));

    two.sessions().getCache().evictAllRegions();
    assertThat(one.ask(Job.ARTICLE, 1)).isEqualTo(new Reply("100", 0));
    assertThat(two.ask(Job.ARTICLE, 1)).isEqualTo(new Reply("100", 1));
  }

  @Test
  void close_factoryWithACacheFileOfItsOwn_leavesTheOther() throws Exception {
    Application one = servers.open("shared");
    one.ask(Job.INSERT, 1);
    one.ask(Job.ARTICLE, 1);
    Application two = servers.open("shared");
    assertThat(two.ask(Job.ARTICLE, 1)).isEqualTo(new Reply("100", 0));

    two.close();

    assertThat(one.ask(Job.ARTICLE, 1)).isEqualTo(new Reply("100", 0));
  }

  /** Hibernate closes the manager that JCache shares among those who ask with the same URI. */
  @Test
  void close_factoryWithTheSameCacheFile_closesTheCachesOfTheOther() throws Exception {
    String cacheFile = servers.cacheFile("");
    Application one = servers.open(cacheFile, "one");
    Application two = servers.open(cacheFile, "two");
    one.ask(Job.INSERT, 1);
    assertThat(two.ask(Job.ARTICLE, 1).text()).isEqualTo("100");

    two.close();

    assertThatThrownBy(() -> one.ask(Job.ARTICLE, 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }
}
