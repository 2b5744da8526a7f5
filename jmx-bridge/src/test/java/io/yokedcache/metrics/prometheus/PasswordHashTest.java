package io.yokedcache.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PasswordHashTest {

  /** From the documentation of passlib, whose format this is. */
  private static final String OF_PASSLIB =
      "$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk";

  @Test
  void matches_hashOfPasslib() {
    PasswordHash hash = PasswordHash.parse(OF_PASSLIB);
    assertThat(hash.matches("toomanysecrets".toCharArray())).isTrue();
    assertThat(hash.matches("joshua".toCharArray())).isFalse();
    assertThat(hash.matches(new char[0])).isFalse();
    assertThat(hash).hasToString(OF_PASSLIB);
  }

  @Test
  void of_isParsed_andHasANewSalt() {
    PasswordHash hash = PasswordHash.of("pässword".toCharArray());
    assertThat(hash.toString()).startsWith("$pbkdf2-sha256$600000$").doesNotContain("word");
    assertThat(PasswordHash.parse(hash.toString()).matches("pässword".toCharArray())).isTrue();
    assertThat(PasswordHash.of("pässword".toCharArray())).doesNotHaveToString(hash.toString());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "secret",
        "$pbkdf2-sha256$1$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk",
        "$pbkdf2-sha256$99999999$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk",
        "$pbkdf2-sha256$6400$0Zrz$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk",
        "$pbkdf2-sha256$6400$N2YMIWQsBWBMae09x1jrPQ$Y11A",
        "$2y$10$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW"
      })
  void parse_otherForms(String text) {
    assertThatThrownBy(() -> PasswordHash.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("hash-password")
        .hasMessageNotContaining(text);
  }

  @Test
  void scrape_hashedPassword_isComputedOnceForEachCredentials() throws Exception {
    String hash = PasswordHash.of("s3cret".toCharArray()).toString();
    try (PrometheusCollector collector =
        PrometheusCollector.builder()
            .registry(new PrometheusRegistry())
            .port(0)
            .basicAuthentication("scraper", PasswordHash.parse(hash))
            .build()
            .start()) {
      Scraper scraper = new Scraper(collector.port());
      for (String wrong : new String[] {"scraper:wrong", "other:s3cret", "scraper:", ":s3cret"}) {
        assertThat(scraper.get("/metrics", "Authorization", basic(wrong)).statusCode())
            .isEqualTo(401);
      }
      String right = basic("scraper:s3cret");
      assertThat(scraper.get("/metrics", "Authorization", right).statusCode()).isEqualTo(200);
      // 400 hashes would take more than a minute of a processor.
      long begin = System.nanoTime();
      for (int i = 0; i < 200; i++) {
        assertThat(scraper.get("/metrics", "Authorization", right).statusCode()).isEqualTo(200);
        assertThat(scraper.get("/metrics", "Authorization", basic("scraper:wrong")).statusCode())
            .isEqualTo(401);
      }
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(30));
    }
  }

  private static String basic(String credentials) {
    return "Basic "
        + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
  }
}
