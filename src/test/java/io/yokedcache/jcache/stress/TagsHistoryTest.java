package io.yokedcache.jcache.stress;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whether the check of a history finds stale reads, and only those. */
final class TagsHistoryTest {

  private static final int TAGS = 10;
  private static final int KEY = 37; // with the tags 7 and 3

  private final TagsHistory history = new TagsHistory(TAGS);

  @Test
  void read_afterTheInvalidation_isStale() {
    history.putEnded(1, 100);
    history.invalidated(1, 3, 200, 300);
    history.read(2, 1, KEY, 301);

    assertThat(history.check(0).stale()).hasSize(1).first().asString().contains("key 37");
  }

  @Test
  void read_thatBeganBefore_orOfAnotherTag_orOfALaterPut_isRight() {
    history.putEnded(1, 100);
    history.putEnded(2, 201);
    history.invalidated(1, 7, 200, 300);
    history.invalidated(1, 4, 200, 300);
    history.read(2, 1, KEY, 299);
    history.read(2, 2, KEY, 999);
    history.read(2, 3, KEY, 999); // its put is not known

    TagsHistory.Verdict verdict = history.check(0);

    assertThat(verdict.stale()).isEmpty();
    assertThat(verdict.judged()).isEqualTo(2);
    assertThat(verdict.ended()).isEqualTo(1);
  }

  @Test
  void read_withinTheBound_isRightInOtherJvmsOnly() {
    history.putEnded(1, 100);
    history.invalidated(1, 3, 200, 300);
    history.read(2, 1, KEY, 350);
    assertThat(history.check(50).stale()).isEmpty();

    history.read(1, 1, KEY, 350);
    history.read(2, 1, KEY, 351);

    assertThat(history.check(50).stale()).hasSize(2);
  }

  @Test
  void read_afterTheDeathOfAMaster_mayBeOld_untilTheRepairOfTheJvmThatInvalidated() {
    history.putEnded(1, 100);
    history.invalidated(1, 3, 200, 300);
    history.masterDies(400);
    history.repaired(1, 390);
    history.repaired(1, 600);
    history.repaired(1, 900);
    history.repaired(2, 700);
    history.read(2, 1, KEY, 399);
    history.read(1, 1, KEY, 500);
    history.read(2, 1, KEY, 651);
    assertThat(history.check(50).stale()).hasSize(3);

    history.read(2, 1, KEY, 400);
    history.read(3, 1, KEY, 650);

    assertThat(history.check(50).stale()).hasSize(3);
    assertThat(history.check(50).lost()).isEqualTo(2);
  }

  @Test
  void read_afterTheDeathOfAMaster_withoutARepair_isStale() {
    history.putEnded(1, 100);
    history.invalidated(1, 3, 200, 300);
    history.masterDies(400);
    history.read(2, 1, KEY, 401);

    assertThat(history.check(0).stale()).hasSize(1);
  }

  @Test
  void file_ofAKilledJvm_hasAllButTheLastLine(@TempDir Path folder) throws Exception {
    Path file = folder.resolve("history");
    TagsHistory.Recorder recorder = new TagsHistory.Recorder(file);
    recorder.putEnded(1);
    recorder.invalidated(3, System.nanoTime());
    recorder.read(1, KEY, System.nanoTime());
    recorder.read(1, KEY, System.nanoTime() - 1_000_000_000);
    recorder.repaired();
    recorder.flush();
    Files.writeString(file, Files.readString(file) + "put 77 123");

    history.add(5, file);

    assertThat(history).hasToString("1 puts, 1 invalidations, 1 reads of values");
    assertThat(history.check(0).stale()).hasSize(1);
    assertThat(List.of(history.check(1_000_000_000).stale())).hasSize(1);
  }
}
