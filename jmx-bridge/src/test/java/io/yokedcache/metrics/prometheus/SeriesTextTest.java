package io.yokedcache.metrics.prometheus;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.config.EscapingScheme;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.Exemplar;
import io.prometheus.metrics.model.snapshots.Exemplars;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.yokedcache.metrics.prometheus.SeriesText.Format;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class SeriesTextTest {

  @SuppressWarnings("ImmutableEnumChecker") // the library's writers have no state
  enum Written {
    TEXT(PrometheusTextFormatWriter.create()),
    OPEN_METRICS(OpenMetricsTextFormatWriter.create());

    private final ExpositionFormatWriter writer;

    Written(ExpositionFormatWriter writer) {
      this.writer = writer;
    }

    Format format() {
      return (target, families) -> writer.write(target, families, EscapingScheme.ALLOW_UTF8);
    }

    String byLibrary(MetricSnapshots families) throws IOException {
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      format().write(text, families);
      return text.toString(UTF_8);
    }
  }

  private static final Labels HOSTILE = Labels.of("cache", "a\"b\\c\nd,e=ä€😀", "manager", "");

  private static CounterSnapshot.Builder counter(String name, double... values) {
    CounterSnapshot.Builder counter = CounterSnapshot.builder().name(name).help("Of a \\ b\nand c");
    for (int i = 0; i < values.length; i++) {
      counter.dataPoint(
          CounterSnapshot.CounterDataPointSnapshot.builder()
              .labels(HOSTILE.add("n", String.valueOf(i)))
              .value(values[i])
              .build());
    }
    return counter;
  }

  private static GaugeSnapshot gauge(String name, double... values) {
    GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(name);
    for (int i = 0; i < values.length; i++) {
      gauge.dataPoint(
          GaugeSnapshot.GaugeDataPointSnapshot.builder()
              .labels(Labels.of("n", String.valueOf(i)))
              .value(values[i])
              .build());
    }
    return gauge.build();
  }

  private static HistogramSnapshot.HistogramDataPointSnapshot.Builder timer(
      Labels labels, double... bounds) {
    ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
    for (double bound : bounds) {
      buckets.bucket(bound, 1_234_567_890_123L);
    }
    return HistogramSnapshot.HistogramDataPointSnapshot.builder()
        .labels(labels)
        .classicHistogramBuckets(buckets.bucket(Double.POSITIVE_INFINITY, 0).build())
        .sum(0.1 + 0.2);
  }

  private static HistogramSnapshot.Builder histogram(String name) {
    return HistogramSnapshot.builder()
        .name(name)
        .dataPoint(timer(Labels.EMPTY, 0.0001, 0.5).build())
        .dataPoint(timer(HOSTILE, 0.0001, 0.5).build())
        .dataPoint(timer(HOSTILE.add("other", "bounds"), 0.0001, 0.25).build())
        .dataPoint(timer(HOSTILE.add("other", "count"), 1e-7).build());
  }

  private static MetricSnapshots plain() {
    return MetricSnapshots.of(
        counter("a_counter", 0, 1, 9_999_999, 1e7, 1e300, 0.5, 1 / 3.0).build(),
        gauge("b_gauge", -0.0, -1, 17, Double.NaN, 1 / 0.0, -1 / 0.0, Double.MIN_VALUE),
        histogram("c_histogram").build(),
        alone("d_alone"));
  }

  private static GaugeSnapshot alone(String name) {
    return GaugeSnapshot.builder()
        .name(name)
        .dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder().value(1).build())
        .build();
  }

  private static String written(Format format, MetricSnapshots families) throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    new SeriesText(format, text).write(families);
    return text.toString(UTF_8);
  }

  @ParameterizedTest
  @EnumSource
  void plainFamilies_areAsTheLibraryWritesThem_thoughItWritesOnlyTheFirstSeries(Written in)
      throws IOException {
    Format onlyFirst =
        (target, families) -> {
          for (MetricSnapshot family : families) {
            assertThat(family.getDataPoints()).hasSize(1);
          }
          in.format().write(target, families);
        };

    assertThat(written(onlyFirst, plain())).isEqualTo(in.byLibrary(plain()));
  }

  @ParameterizedTest
  @EnumSource
  void familiesThatAreNotPlain_areTheLibrarys(Written in) throws IOException {
    Exemplar exemplar = Exemplar.builder().value(0.2).traceId("abc").spanId("def").build();
    MetricSnapshots families =
        MetricSnapshots.of(
            gauge("a_gauge", 1, 2),
            histogram("b_traced")
                .dataPoint(
                    timer(Labels.of("traced", "yes"), 0.5)
                        .exemplars(Exemplars.of(exemplar))
                        .build())
                .build(),
            counter("c_created", 1)
                .dataPoint(
                    CounterSnapshot.CounterDataPointSnapshot.builder()
                        .value(2)
                        .createdTimestampMillis(1_700_000_000_123L)
                        .scrapeTimestampMillis(1_700_000_000_456L)
                        .build())
                .build(),
            InfoSnapshot.builder()
                .name("d")
                .dataPoint(InfoSnapshot.InfoDataPointSnapshot.builder().labels(HOSTILE).build())
                .build(),
            GaugeSnapshot.builder()
                .name("e_quoted")
                .dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder().value(1).build())
                .dataPoint(
                    GaugeSnapshot.GaugeDataPointSnapshot.builder()
                        .labels(Labels.of("a.b", "c"))
                        .value(1)
                        .build())
                .build(),
            gauge("f.dots", 1, 2),
            gauge("g_last", 3));

    String text = written(in.format(), families);

    assertThat(text.lines()).containsExactlyInAnyOrderElementsOf(lines(in, families));
    assertThat(text).endsWith(in == Written.OPEN_METRICS ? "\n# EOF\n" : "\n");
  }

  private static List<String> lines(Written in, MetricSnapshots families) throws IOException {
    return in.byLibrary(families).lines().toList();
  }

  @ParameterizedTest
  @EnumSource
  void familiesOfOneName_areMergedByTheLibrary(Written in) throws IOException {
    MetricSnapshots families = MetricSnapshots.of(gauge("a", 1), gauge("same", 1), alone("same"));

    assertThat(written(in.format(), families)).isEqualTo(in.byLibrary(families));
  }

  @ParameterizedTest
  @EnumSource
  void noFamilies_areTheEndOfTheText(Written in) throws IOException {
    assertThat(written(in.format(), MetricSnapshots.of()))
        .isEqualTo(in.byLibrary(MetricSnapshots.of()));
  }
}
