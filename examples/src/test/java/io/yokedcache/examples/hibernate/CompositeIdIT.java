package io.yokedcache.examples.hibernate;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Ids that other providers turn into different bytes although they are equal, so that one JVM's
 * update misses what another has cached: an enum, whose hash code Hibernate puts into the key, and
 * parts that are one object here and two there.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class CompositeIdIT {

  /** Even ids stand for a plain constant, odd ones for a constant with a class of its own. */
  private static final int ROWS = 4;

  private Servers servers;
  private Application here;
  private ApplicationProcess there;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    servers = Servers.start(folder);
    here = servers.open("ids");
    for (int id = 0; id < ROWS; id++) {
      here.ask(Job.INSERT, id);
    }
    here.sessions().getCache().evictAllRegions();
    there = servers.openElsewhere("ids");
  }

  @AfterAll
  void stop() throws Exception {
    servers.close();
    assertThat(there.log()).noneMatch(line -> line.contains("WARN"));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1})
  void enumInId_updateThere_isSeenHere(long id) throws Exception {
    String first = here.ask(Job.STOCK, id).text();
    assertThat(there.ask(Job.STOCK, id)).isEqualTo(new Reply(first, 0));

    String raisedThere = there.ask(Job.RAISE_STOCK, id).text();
    assertThat(here.ask(Job.STOCK, id)).isEqualTo(new Reply(raisedThere, 0));

    String raisedHere = here.ask(Job.RAISE_STOCK, id).text();
    assertThat(there.ask(Job.STOCK, id)).isEqualTo(new Reply(raisedHere, 0));
    assertThat(raisedHere).isNotEqualTo(raisedThere).isNotEqualTo(first);
  }

  @Test
  void enumInId_evictedThere_isReadHere() throws Exception {
    String amount = here.ask(Job.STOCK, 2).text();
    assertThat(here.ask(Job.STOCK, 2)).isEqualTo(new Reply(amount, 0));

    there.ask(Job.EVICT_STOCK, 2);

    assertThat(here.ask(Job.STOCK, 2)).isEqualTo(new Reply(amount, 1));
  }

  @Test
  void enumAsQueryParameter_resultOfTheOtherJvm_isFound() throws Exception {
    String count = here.ask(Job.STOCK_BY_QUERY, 3).text();

    assertThat(count).isEqualTo("2");
    assertThat(there.ask(Job.STOCK_BY_QUERY, 3)).isEqualTo(new Reply(count, 0));

    there.ask(Job.RAISE_STOCK, 3);
    assertThat(here.ask(Job.STOCK_BY_QUERY, 3)).isEqualTo(new Reply(count, 1));
  }

  @Test
  void sharedAndSeparateParts_areOneKey() throws Exception {
    String first = here.ask(Job.ROUTE_SHARED, 0).text();
    assertThat(here.ask(Job.ROUTE_SEPARATE, 0)).isEqualTo(new Reply(first, 0));
    assertThat(there.ask(Job.ROUTE_SEPARATE, 0)).isEqualTo(new Reply(first, 0));
    assertThat(there.ask(Job.ROUTE_SHARED, 0)).isEqualTo(new Reply(first, 0));

    String raised = here.ask(Job.RAISE_ROUTE_SHARED, 0).text();

    assertThat(raised).isNotEqualTo(first);
    assertThat(here.ask(Job.ROUTE_SEPARATE, 0)).isEqualTo(new Reply(raised, 0));
    assertThat(there.ask(Job.ROUTE_SEPARATE, 0)).isEqualTo(new Reply(raised, 0));
    assertThat(there.ask(Job.ROUTE_SHARED, 0)).isEqualTo(new Reply(raised, 0));
  }
}
