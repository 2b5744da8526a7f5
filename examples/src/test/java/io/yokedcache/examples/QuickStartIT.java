package io.yokedcache.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.api.Test;

/** {@link QuickStart} does what it says. */
final class QuickStartIT {

  @Test
  void run_twice() throws Exception {
    for (int run = 0; run < 2; run++) {
      Output out = new Output();

      QuickStart.run(URI.create("embedded:redis"), out.stream);

      assertThat(out.toString())
          .contains("created: pencil")
          .contains("pencil: 10, eraser: null")
          .contains("updated: pencil from 10 to 7")
          .contains("left after an atomic sale of three: 7")
          .contains("hits 2, misses 1, puts 2");
    }
  }
}
