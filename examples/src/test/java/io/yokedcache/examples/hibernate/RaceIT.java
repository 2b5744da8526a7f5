package io.yokedcache.examples.hibernate;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Two JVMs that change and read the same rows at the same time find no outdated state. {@code
 * -Drace.seconds} sets for how long, {@code -Drace.near=false,true} with which near caches, {@code
 * -Drace.readers=0} how many readers each has, and {@code -Drace.factory=jcache} shows the race of
 * Hibernate's own region factory, with which the test fails at times.
 */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
final class RaceIT {

  private static final int SECONDS = Integer.getInteger("race.seconds", 2);
  private static final String FACTORY = System.getProperty("race.factory", "yokedcache");

  private Servers servers;
  private Path folder;

  @BeforeEach
  void start(@TempDir Path folder) throws Exception {
    this.folder = folder;
    servers = Servers.start(folder);
  }

  @AfterEach
  void stop() throws Exception {
    servers.close();
    System.clearProperty(Race.MARKS);
  }

  static Stream<Boolean> nearCaches() {
    return Stream.of(System.getProperty("race.near", "false").split(",", -1)).map(Boolean::valueOf);
  }

  @ParameterizedTest(name = "near cache {0}")
  @MethodSource("nearCaches")
  void find_changedByTwoJvms_isNeverStale(boolean near) throws Exception {
    Path marks = folder.resolve("marks");
    System.setProperty(Race.MARKS, marks.toString());
    String settings = "defaults.near.enabled = " + near;
    Race.Result all;
    try (Application here =
            Application.openWith(
                FACTORY, servers.jdbcUrl(), servers.cacheFile(settings), "race", true);
        ApplicationProcess there =
            ApplicationProcess.start(
                servers.jdbcUrl(),
                servers.cacheFile(settings),
                "race",
                folder,
                "-D" + Application.FACTORY + "=" + FACTORY,
                "-D" + Race.MARKS + "=" + marks,
                "-D" + Race.READS + "=" + Integer.getInteger(Race.READS, 0),
                "-D" + Race.READERS + "=" + Race.readers())) {
      for (long id = 0; id < Race.ARTICLES; id++) {
        here.ask(Job.INSERT, id);
      }
      CompletableFuture<Race.Result> elsewhere = CompletableFuture.supplyAsync(() -> race(there));
      all = Race.run(here.sessions(), SECONDS).plus(elsewhere.join());
    }
    System.out.printf("%s, near cache %s, %d s: %s%n", FACTORY, near, SECONDS, all);

    assertThat(all.reads() > 0).as("reads").isEqualTo(Race.readers() > 0);
    assertThat(all.commits()).isGreaterThanOrEqualTo(Race.ENOUGH);
    assertThat(all.hits()).isGreaterThanOrEqualTo(Race.ENOUGH);
    assertThat(near ? all.overdue() : all.stale()).as("stale reads of %s", all).isZero();
  }

  private static Race.Result race(ApplicationProcess application) {
    try {
      return Race.Result.of(application.ask(Job.RACE, SECONDS).text());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
