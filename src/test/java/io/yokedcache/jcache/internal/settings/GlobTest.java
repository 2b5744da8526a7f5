package io.yokedcache.jcache.internal.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GlobTest {

  @ParameterizedTest
  @CsvSource({
    "*, '', true",
    "*, anything, true",
    "com.acme.*, com.acme.Order, true",
    "com.acme.*, com.acme.sub.Order$Inner, true",
    "com.acme.*, com.acme, false",
    "com.acme.*, comXacme.Order, false",
    "*##NaturalId, com.acme.Entity##NaturalId, true",
    "*Region, default-query-results-region, false",
    "default-*-region, default-query-results-region, true",
    "?, a, true",
    "?, '', false",
    "?, ab, false",
    "o?der*, orders, true",
    "*a*b, xaxxbxb, true",
    "*a*b, xaxxbxc, false",
    "a**b, ab, true",
    "a*, b, false",
    "[a-z]+*, abc, false",
  })
  void matches_whole(String pattern, String name, boolean expected) {
    assertThat(new Glob(pattern).matches(name)).isEqualTo(expected);
  }

  @Test
  void matches_manyStars_fast() {
    Glob glob = new Glob("*a".repeat(30) + "b");

    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(10), () -> assertThat(glob.matches("a".repeat(20_000))).isFalse());
  }

  @Test
  void byLiterals_fewestFirst() {
    Stream<Glob> globs = Stream.of("com.acme.*", "*", "com.*", "b?", "a?").map(Glob::new);

    assertThat(globs.sorted(Glob.BY_LITERALS).map(Glob::pattern))
        .containsExactly("*", "a?", "b?", "com.*", "com.acme.*");
  }
}
