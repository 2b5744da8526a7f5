package io.yokedcache.metrics.page;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class QueryTest {

  @Test
  void parse_nothing() {
    assertThat(Query.parse(null)).isEqualTo(new Query("get", null));
    assertThat(Query.parse("")).isEqualTo(new Query("get", null));
    assertThat(Query.parse("target=t&manager=m")).isEqualTo(new Query("get", null));
  }

  @Test
  void parse_encodedNames() {
    assertThat(Query.parse("operation=put&target=a%26b&manager=x+y&cache=%3Cb%3E%C3%A9"))
        .isEqualTo(new Query("put", new Query.Selection("a&b", "x y", "<b>\u00e9")));
  }

  @Test
  void parse_malformed_passedOver() {
    assertThat(Query.parse("cache=%zz&operation=%&&=&x")).isEqualTo(new Query("get", null));
  }
}
