package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import javax.cache.CacheException;
import org.junit.jupiter.api.Test;

/** Closing goes on whatever fails. */
final class ClosingTest {

  @Test
  void closeAfter_keepsTheFailureAndClosesAll() {
    List<String> closed = new ArrayList<>();
    IllegalStateException failure = new IllegalStateException("no manager");

    Closing.closeAfter(
        failure,
        List.of(
            () -> closed.add("first"),
            () -> {
              throw new CacheException("does not close");
            },
            () -> closed.add("last")));

    assertThat(closed).containsExactly("first", "last");
    assertThat(failure.getSuppressed()).hasSize(1);
    assertThat(failure.getSuppressed()[0]).hasMessage("does not close");
  }
}
