package io.yokedcache.metrics.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program is found where it is said to be, and nowhere else. */
final class PeerTest {

  private static final String PROPERTY = "peers.promtool";

  @TempDir private Path folder;

  private @Nullable String before;

  @BeforeEach
  void remember() {
    before = System.getProperty(PROPERTY);
  }

  @AfterEach
  void restore() {
    if (before == null) {
      System.clearProperty(PROPERTY);
    } else {
      System.setProperty(PROPERTY, before);
    }
  }

  @Test
  void find_propertyGiven() {
    Path program = Path.of(System.getProperty("java.home"), "bin", "java");
    System.setProperty(PROPERTY, program.toString());

    assertThat(Peer.PROMTOOL.find()).contains(program);
    assertThat(Peer.PROMTOOL.get()).isEqualTo(program);
  }

  @Test
  void find_propertyNamesNoProgram_isAnErrorAndNotAbsence() {
    System.setProperty(PROPERTY, folder.resolve("promtool").toString());

    assertThatThrownBy(Peer.PROMTOOL::find)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(PROPERTY)
        .hasMessageContaining(folder.toString())
        .hasMessageContaining(Peer.PROMTOOL.howToGetIt());
  }

  @Test
  void onPath_noSuchProgram() {
    assertThat(Peer.onPath("no-such-program-of-anybody")).isEmpty();
  }
}
