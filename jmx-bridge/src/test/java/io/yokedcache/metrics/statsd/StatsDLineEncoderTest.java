package io.yokedcache.metrics.statsd;

import static io.yokedcache.metrics.statsd.StatsDFlavour.DOGSTATSD;
import static io.yokedcache.metrics.statsd.StatsDFlavour.PLAIN;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.metrics.statsd.Event.Kind;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The text of single lines. */
final class StatsDLineEncoderTest {

  private final StatsDLineEncoder plain = new StatsDLineEncoder(PLAIN, "myapp.cache", Map.of());
  private final StatsDLineEncoder dog = new StatsDLineEncoder(DOGSTATSD, "myapp.cache", Map.of());

  @Test
  void encode_dogstatsd_isAsTheSeedShowsIt() {
    assertThat(dog.encode(event(Kind.COUNTER, "cache.gets.total", 1, Map.of("result", "hit"))))
        .isEqualTo("myapp.cache.gets:1|c|#result:hit");
    assertThat(dog.encode(event(Kind.COUNTER, "cache.sets.total", 1, Map.of())))
        .isEqualTo("myapp.cache.sets:1|c");
    assertThat(dog.encode(event(Kind.GAUGE, "cache.hit_rate", 0.89, Map.of())))
        .isEqualTo("myapp.cache.hit_rate:0.89|g");
    assertThat(dog.encode(event(Kind.GAUGE, "cache.size_bytes", 1_048_576, Map.of())))
        .isEqualTo("myapp.cache.size_bytes:1048576|g");
    assertThat(
            dog.encode(
                event(Kind.TIMING, "cache.operation_duration", 0.002, Map.of("operation", "get"))))
        .isEqualTo("myapp.cache.operation_duration:0.002|h|#operation:get");
  }

  @Test
  void encode_plain_foldsTagsIntoTheName() {
    Map<String, String> tags =
        Map.of("result", "hit", "cache", "users", "cache_manager", "redis://db:6379");

    assertThat(plain.encode(event(Kind.COUNTER, "cache.gets.total", 7, tags)))
        .isEqualTo("myapp.cache.redis___db_6379.users.gets.hit:7|c");
    assertThat(
            plain.encode(
                event(Kind.TIMING, "cache.operation_duration", 0.0007, Map.of("operation", "get"))))
        .isEqualTo("myapp.cache.operation_duration.get:0.7|ms");
    assertThat(plain.encode(event(Kind.HISTOGRAM, "upload.size", 512, Map.of("b", "2", "a", "1"))))
        .isEqualTo("myapp.cache.upload.size.1.2:512|ms");
  }

  @Test
  void encode_applicationMetric_keepsItsName() {
    assertThat(dog.encode(event(Kind.COUNTER, "user.login.total", 1, Map.of("source", "api"))))
        .isEqualTo("myapp.cache.user.login.total:1|c|#source:api");
  }

  @Test
  void encode_constantTags_areInEveryLineAndGiveWayToTheEvents() {
    StatsDLineEncoder encoder =
        new StatsDLineEncoder(DOGSTATSD, "p", Map.of("env", "prod", "zone", "a"));

    assertThat(encoder.encode(event(Kind.GAUGE, "g", 1, Map.of("zone", "b"))))
        .isEqualTo("p.g:1|g|#env:prod,zone:b");
    assertThat(encoder.encode(event(Kind.GAUGE, "g", 1, Map.of())))
        .isEqualTo("p.g:1|g|#env:prod,zone:a");
  }

  @Test
  void encode_namesWithSeparators_cannotForgeLines() {
    String evil = "a:1|c|@0.1|#x,y\nforged:9";

    assertThat(dog.encode(event(Kind.COUNTER, evil, 1, Map.of(evil, evil))))
        .isEqualTo(
            "myapp.cache.a_1_c__0.1__x_y_forged_9:1|c"
                + "|#a_1_c__0.1__x_y_forged_9:a_1_c__0.1__x_y_forged_9");
    assertThat(plain.encode(event(Kind.COUNTER, "m", 1, Map.of("t", "com.acme.Größe /x"))))
        .isEqualTo("myapp.cache.m.com_acme_Gr__e__x:1|c");
    assertThat(dog.encode(event(Kind.COUNTER, "m", 1, Map.of("t", "Größe/x.y", "u", ""))))
        .isEqualTo("myapp.cache.m:1|c|#t:Größe/x.y,u:_");
  }

  @Test
  void encode_cachesOfSimilarNames_areSeriesOfTheirOwn() {
    for (StatsDLineEncoder encoder : List.of(dog, plain)) {
      Set<String> lines = new HashSet<>();
      for (int round = 0; round < 2; round++) {
        for (String cache : List.of("a:b", "a.b", "a,b", "a|b", "a_b", "a\nb")) {
          lines.add(
              String.valueOf(
                  encoder.encode(
                      event(Kind.COUNTER, "cache.sets.total", 1, Map.of("cache", cache)))));
        }
      }
      assertThat(lines).hasSize(6).noneMatch(line -> line.contains("\n"));
    }
  }

  @Test
  void encode_negativeCount_isRefused() {
    assertThat(dog.encode(event(Kind.COUNTER, "cache.sets.total", -5, Map.of()))).isNull();
    assertThat(plain.encode(event(Kind.COUNTER, "cache.sets.total", -5, Map.of()))).isNull();
  }

  @Test
  void encode_negativeGauge_isAbsolute() {
    assertThat(plain.encode(event(Kind.GAUGE, "g", -5, Map.of())))
        .isEqualTo("myapp.cache.g:0|g\nmyapp.cache.g:-5|g");
    assertThat(dog.encode(event(Kind.GAUGE, "g", -5, Map.of()))).isEqualTo("myapp.cache.g:-5|g");
  }

  @Test
  void encode_sampled_hasTheRateBeforeTheTags() {
    Event sampled = new Event(Kind.COUNTER, "cache.gets.total", 1, Map.of("result", "hit"), 0.1);

    assertThat(dog.encode(sampled)).isEqualTo("myapp.cache.gets:1|c|@0.1|#result:hit");
    assertThat(plain.encode(sampled)).isEqualTo("myapp.cache.gets.hit:1|c|@0.1");
    assertThat(plain.encode(new Event(Kind.COUNTER, "m", 1, Map.of(), 0.0001)))
        .isEqualTo("myapp.cache.m:1|c|@0.0001");
  }

  @Test
  void encode_whatNoDaemonTakes_isNull() {
    for (Kind kind : Kind.values()) {
      assertThat(dog.encode(event(kind, "m", Double.NaN, Map.of()))).isNull();
      assertThat(plain.encode(event(kind, "m", Double.POSITIVE_INFINITY, Map.of()))).isNull();
    }
    assertThat(plain.encode(event(Kind.TIMING, "m", -0.1, Map.of()))).isNull();
    assertThat(plain.encode(event(Kind.HISTOGRAM, "m", -1, Map.of()))).isNull();
  }

  @Test
  void encode_oddPrefixes_leaveNoEmptyParts() {
    assertThat(
            new StatsDLineEncoder(PLAIN, "", Map.of()).encode(event(Kind.GAUGE, "g", 1, Map.of())))
        .isEqualTo("g:1|g");
    assertThat(
            new StatsDLineEncoder(PLAIN, "a.b.", Map.of())
                .encode(event(Kind.GAUGE, "g", 1, Map.of())))
        .isEqualTo("a.b.g:1|g");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "-0.0, 0",
    "1e21, 1000000000000000000000",
    "1.0E-7, 0.0000001",
    "0.1, 0.1",
    "9007199254740993, 9007199254740992",
    "1234567.891, 1234567.891",
    "-0.5, -0.5"
  })
  void append_hasPointAndNoExponent_inAnyLocale(double number, String expected) {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("ar-EG"));
    try {
      StringBuilder out = new StringBuilder();
      StatsDLineEncoder.append(out, number, 0);
      assertThat(out.toString()).isEqualTo(expected);
    } finally {
      Locale.setDefault(before);
    }
  }

  private static Event event(Kind kind, String metric, double value, Map<String, String> tags) {
    return new Event(kind, metric, value, tags, 1);
  }
}
