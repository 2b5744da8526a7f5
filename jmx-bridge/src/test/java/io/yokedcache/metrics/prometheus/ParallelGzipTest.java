package io.yokedcache.metrics.prometheus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes out of several threads is one gzip stream of what went in. */
final class ParallelGzipTest {

  private static final int BLOCK = 384 * 1024;

  /** Lines that resemble each other, and differ, as those of a scrape do. */
  private static byte[] text(int bytes) {
    StringBuilder text = new StringBuilder(bytes + 100);
    for (int i = 0; text.length() < bytes; i++) {
      text.append("cache_bucket{cache=\"users\",le=\"").append(i % 17).append("\"} ");
      text.append(i * 7919L % 10_007).append('\n');
    }
    return text.substring(0, bytes).getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] unzipped(ByteArrayOutputStream zipped) throws IOException {
    return new GZIPInputStream(new ByteArrayInputStream(zipped.toByteArray())).readAllBytes();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 20 * BLOCK + 12_345})
  void write_anyLength_comesBack(int length) throws IOException {
    byte[] text = text(length);
    ExecutorService helpers = Executors.newFixedThreadPool(2);
    try {
      ByteArrayOutputStream zipped = new ByteArrayOutputStream();
      try (ParallelGzip gzip = new ParallelGzip(zipped, helpers)) {
        int half = length / 2;
        gzip.write(text, 0, half);
        for (int i = half; i < Math.min(length, half + 10); i++) {
          gzip.write(text[i]);
        }
        int rest = Math.min(length, half + 10);
        gzip.write(text, rest, length - rest);
      }
      assertThat(unzipped(zipped)).isEqualTo(text);
    } finally {
      helpers.shutdownNow();
    }
  }

  @Test
  void write_manyBlocks_areHardlyLargerThanOneStream() throws IOException {
    byte[] text = text(10 * BLOCK);
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (ParallelGzip gzip = new ParallelGzip(zipped, Runnable::run)) {
      gzip.write(text);
    }
    ByteArrayOutputStream whole = new ByteArrayOutputStream();
    Deflater deflater = new Deflater(6, /* nowrap= */ true);
    deflater.setStrategy(Deflater.FILTERED);
    try (OutputStream oneStream = new DeflaterOutputStream(whole, deflater)) {
      oneStream.write(text);
    } finally {
      deflater.end();
    }
    assertThat(zipped.size()).isLessThan(whole.size() + whole.size() / 100);
  }

  @Test
  void write_oneBlock_needsNoHelper() throws IOException {
    AtomicInteger tasks = new AtomicInteger();
    try (ParallelGzip gzip =
        new ParallelGzip(
            new ByteArrayOutputStream(),
            task -> {
              tasks.incrementAndGet();
              task.run();
            })) {
      gzip.write(text(BLOCK));
    }
    assertThat(tasks).hasValue(0);
  }

  @Test
  void write_targetGone_failsAndClosesIt() {
    AtomicBoolean isClosed = new AtomicBoolean();
    OutputStream gone =
        new OutputStream() {
          @Override
          public void write(int value) throws IOException {
            throw new IOException("Broken pipe");
          }

          @Override
          public void close() {
            isClosed.set(true);
          }
        };
    assertThatThrownBy(
            () -> {
              try (ParallelGzip gzip = new ParallelGzip(gone, Runnable::run)) {
                gzip.write(text(10 * BLOCK));
              }
            })
        .isInstanceOf(IOException.class)
        .hasMessage("Broken pipe");
    assertThat(isClosed).isTrue();
  }

  @Test
  void close_twice_writesOneEnd() throws IOException {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    ParallelGzip gzip = new ParallelGzip(zipped, Runnable::run);
    gzip.write('a');
    gzip.close();
    int size = zipped.size();
    gzip.close();
    assertThat(zipped.size()).isEqualTo(size);
    assertThat(unzipped(zipped)).containsExactly('a');
  }
}
