package io.yokedcache.metrics.prometheus;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.DataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes counters, gauges and classic histograms as the client library's text formats do, in a
 * fraction of the time. The library decides the format: it writes the first series of each family,
 * and a whole family whose first series would be written differently here, as in Protobuf. The
 * library also writes other types, series with exemplars or timestamps, and label names that may
 * need quotes; these families come last. For one answer; not thread-safe.
 */
final class SeriesText {

  @FunctionalInterface
  interface Format {
    void write(OutputStream target, MetricSnapshots families) throws IOException;
  }

  private static final int PIECE_BYTES = 64 * 1024;

  /** From here on, {@link Double#toString} writes an exponent. */
  private static final double EXPONENT_FROM = 1e7;

  private static final byte[] NO_SUFFIX = {};
  private static final byte[] TOTAL = bytes("_total");
  private static final byte[] BUCKET = bytes("_bucket");
  private static final byte[] COUNT = bytes("_count");
  private static final byte[] SUM = bytes("_sum");
  private static final byte[] COMMA = bytes(",");
  private static final byte[] OPEN_VALUE = bytes("=\"");

  private final Format library;
  private final OutputStream target;

  private byte[] buffer = new byte[2 * PIECE_BYTES];
  private int length;

  /** The buckets of the histogram that was written last; nearly all have the same. */
  private double[] leBounds = {};

  private byte[][] leLabels = {};

  /** The names of labels that need no quotes; nearly all series have the same. */
  private final Set<String> plainNames = new HashSet<>();

  SeriesText(Format library, OutputStream target) {
    this.library = library;
    this.target = target;
  }

  /** Writes all families, and the end of the text where the format has one. */
  void write(MetricSnapshots families) throws IOException {
    // The library merges families of the same name.
    boolean hasUniqueNames =
        families.stream().map(SeriesText::name).distinct().count() == families.size();
    List<MetricSnapshot> others = new ArrayList<>();
    for (MetricSnapshot family : families) {
      if (!hasUniqueNames || !writeFamily(family)) {
        others.add(family);
      }
    }
    flush();
    library.write(target, new MetricSnapshots(others));
  }

  private static String name(MetricSnapshot family) {
    return family.getMetadata().getPrometheusName();
  }

  private boolean writeFamily(MetricSnapshot family) throws IOException {
    MetricSnapshot first = first(family);
    if (first == null || !isPlain(family.getDataPoints())) {
      return false;
    }
    flush();
    byte[] name = bytes(name(family));
    putSeries(name, first.getDataPoints().get(0));
    String series = new String(buffer, 0, length, UTF_8);
    length = 0;
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    library.write(expected, MetricSnapshots.of(first));
    String text = expected.toString(UTF_8).replace("\n# EOF\n", "\n");
    if (!text.endsWith('\n' + series)) {
      return false;
    }
    put(bytes(text.substring(0, text.length() - series.length()))); // type and help
    for (DataPointSnapshot point : family.getDataPoints()) {
      putSeries(name, point);
      if (length >= PIECE_BYTES) {
        flush();
      }
    }
    return true;
  }

  /** The first series as a family; absent if the family has no series or another type. */
  private static @Nullable MetricSnapshot first(MetricSnapshot family) {
    if (family.getDataPoints().isEmpty()) {
      return null;
    }
    if (family instanceof CounterSnapshot counter) {
      return new CounterSnapshot(counter.getMetadata(), counter.getDataPoints().subList(0, 1));
    }
    if (family instanceof GaugeSnapshot gauge) {
      return new GaugeSnapshot(gauge.getMetadata(), gauge.getDataPoints().subList(0, 1));
    }
    return family instanceof HistogramSnapshot histogram && !histogram.isGaugeHistogram()
        ? new HistogramSnapshot(histogram.getMetadata(), histogram.getDataPoints().subList(0, 1))
        : null;
  }

  private boolean isPlain(List<? extends DataPointSnapshot> points) {
    for (DataPointSnapshot point : points) {
      if (!isPlain(point)) {
        return false;
      }
    }
    return true;
  }

  private boolean isPlain(DataPointSnapshot point) {
    if (point.hasScrapeTimestamp() || point.hasCreatedTimestamp() || !isPlain(point.getLabels())) {
      return false;
    }
    if (point instanceof CounterDataPointSnapshot counter) {
      return counter.getExemplar() == null;
    }
    if (point instanceof GaugeDataPointSnapshot gauge) {
      return gauge.getExemplar() == null;
    }
    return point instanceof HistogramDataPointSnapshot histogram
        && histogram.hasClassicHistogramData()
        && histogram.hasCount()
        && histogram.hasSum()
        && histogram.getExemplars().size() == 0;
  }

  private boolean isPlain(Labels labels) {
    for (int label = 0; label < labels.size(); label++) {
      String name = labels.getName(label);
      if (!plainNames.contains(name)) {
        if (!isPlain(name)) {
          return false;
        }
        plainNames.add(name);
      }
    }
    return true;
  }

  private static boolean isPlain(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c != '_' && (c > 'z' || !Character.isLetterOrDigit(c))) {
        return false;
      }
    }
    return true;
  }

  private void putSeries(byte[] family, DataPointSnapshot point) {
    Labels labels = point.getLabels();
    if (point instanceof CounterDataPointSnapshot counter) {
      putName(family, TOTAL, labels);
      putLine(counter.getValue());
    } else if (point instanceof GaugeDataPointSnapshot gauge) {
      putName(family, NO_SUFFIX, labels);
      putLine(gauge.getValue());
    } else if (point instanceof HistogramDataPointSnapshot histogram) {
      putBuckets(family, labels, histogram.getClassicBuckets());
      putName(family, COUNT, labels);
      putLine(histogram.getCount());
      putName(family, SUM, labels);
      putLine(histogram.getSum());
    }
  }

  private void putBuckets(byte[] family, Labels labels, ClassicHistogramBuckets buckets) {
    int start = length;
    put(family);
    put(BUCKET);
    putOpenLabels(labels);
    put(labels.isEmpty() ? NO_SUFFIX : COMMA);
    int prefix = length - start;
    if (leBounds.length != buckets.size()) {
      leBounds = new double[buckets.size()];
      leLabels = new byte[buckets.size()][];
      Arrays.fill(leBounds, Double.NaN);
    }
    long count = 0;
    for (int i = 0; i < buckets.size(); i++) {
      if (i > 0) {
        ensure(prefix);
        System.arraycopy(buffer, start, buffer, length, prefix);
        length += prefix;
      }
      put(leLabel(i, buckets.getUpperBound(i)));
      count += buckets.getCount(i);
      putLine(count);
    }
  }

  private byte[] leLabel(int index, double bound) {
    if (leBounds[index] != bound) {
      leBounds[index] = bound;
      leLabels[index] = bytes("le=\"" + text(bound) + "\"} ");
    }
    return leLabels[index];
  }

  private void putName(byte[] family, byte[] suffix, Labels labels) {
    put(family);
    put(suffix);
    if (!labels.isEmpty()) {
      putOpenLabels(labels);
      put((byte) '}');
    }
    put((byte) ' ');
  }

  /** Puts labels without the brace that closes them. */
  private void putOpenLabels(Labels labels) {
    put((byte) '{');
    for (int i = 0; i < labels.size(); i++) {
      put(i == 0 ? NO_SUFFIX : COMMA);
      putPlain(labels.getPrometheusName(i));
      put(OPEN_VALUE);
      putValue(labels.getValue(i));
      put((byte) '"');
    }
  }

  private void putPlain(String text) {
    ensure(text.length());
    for (int i = 0; i < text.length(); i++) {
      buffer[length++] = (byte) text.charAt(i);
    }
  }

  private void putValue(String value) {
    ensure(2 * value.length());
    int start = length;
    for (int i = 0; i < value.length(); i++) {
      char character = value.charAt(i);
      if (character >= 0x80) {
        length = start;
        put(bytes(value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n")));
        return;
      }
      if (character == '\\' || character == '"' || character == '\n') {
        buffer[length++] = '\\';
      }
      buffer[length++] = character == '\n' ? (byte) 'n' : (byte) character;
    }
  }

  private static String text(double value) {
    return Double.isInfinite(value) ? (value > 0 ? "+Inf" : "-Inf") : Double.toString(value);
  }

  private void putLine(double value) {
    if (value > 0 && value < EXPONENT_FROM && value == (long) value) {
      putDigits((long) value);
      put((byte) '.');
      put((byte) '0');
    } else {
      putPlain(text(value));
    }
    put((byte) '\n');
  }

  private void putLine(long count) {
    putDigits(count);
    put((byte) '\n');
  }

  private void putDigits(long count) {
    int digits = 1;
    for (long rest = count / 10; rest > 0; rest /= 10) {
      digits++;
    }
    ensure(digits);
    long rest = count;
    for (int i = length + digits - 1; i >= length; i--) {
      buffer[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length += digits;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private void put(byte one) {
    ensure(1);
    buffer[length++] = one;
  }

  private void put(byte[] bytes) {
    ensure(bytes.length);
    System.arraycopy(bytes, 0, buffer, length, bytes.length);
    length += bytes.length;
  }

  private void ensure(int more) {
    if (length + more > buffer.length) {
      buffer = Arrays.copyOf(buffer, Math.max(2 * buffer.length, length + more));
    }
  }

  private void flush() throws IOException {
    target.write(buffer, 0, length);
    length = 0;
  }
}
