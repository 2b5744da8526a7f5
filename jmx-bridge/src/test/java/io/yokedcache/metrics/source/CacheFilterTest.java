package io.yokedcache.metrics.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class CacheFilterTest {

  private static final List<String> NAMES = List.of("a:b", "a.b", "orders", "orders-old", "x\ny");

  private static final CacheSource SOURCE =
      () ->
          new CacheReadings(
              NAMES.stream()
                  .map(name -> new CacheReading("m", name, null, List.of(), Map.of(), Map.of()))
                  .toList(),
              List.of(
                  new ConnectionReading(
                      "m", true, null, null, null, null, null, Map.of(), List.of())));

  private static List<String> left(List<String> include, List<String> exclude) throws IOException {
    CacheReadings readings = new CacheFilter(include, exclude).of(SOURCE).read();
    assertThat(readings.connections()).hasSize(1);
    return readings.caches().stream().map(CacheReading::cache).toList();
  }

  @Test
  void of_all_isTheSourceItself() {
    assertThat(CacheFilter.ALL.of(SOURCE)).isSameAs(SOURCE);
  }

  @Test
  void of_patterns_areOfWholeNames() throws Exception {
    assertThat(left(List.of("orders"), List.of())).containsExactly("orders");
    assertThat(left(List.of("orders*"), List.of("*-old"))).containsExactly("orders");
    assertThat(left(List.of("a?b"), List.of())).containsExactly("a:b", "a.b");
    assertThat(left(List.of("a.b"), List.of())).containsExactly("a.b");
    assertThat(left(List.of(), List.of("*"))).isEmpty();
    assertThat(left(List.of("x*"), List.of())).containsExactly("x\ny");
  }
}
