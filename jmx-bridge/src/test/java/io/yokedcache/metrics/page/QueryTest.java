package io.yokedcache.metrics.page;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class QueryTest {

  @Test
  void parse_nothing() {
    assertThat(StatusReport.Query.parse(null)).isEqualTo(new StatusReport.Query("get", null));
    assertThat(StatusReport.Query.parse("")).isEqualTo(new StatusReport.Query("get", null));
    assertThat(StatusReport.Query.parse("target=t&manager=m"))
        .isEqualTo(new StatusReport.Query("get", null));
  }

  @Test
  void parse_encodedNames() {
    assertThat(
            StatusReport.Query.parse("operation=put&target=a%26b&manager=x+y&cache=%3Cb%3E%C3%A9"))
        .isEqualTo(
            new StatusReport.Query(
                "put", new StatusReport.Query.Chosen("a&b", "x y", "<b>\u00e9")));
  }

  @Test
  void parse_malformed_passedOver() {
    assertThat(StatusReport.Query.parse("cache=%zz&operation=%&&=&x"))
        .isEqualTo(new StatusReport.Query("get", null));
  }
}
