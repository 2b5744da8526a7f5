package io.yokedcache.jcache.internal.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.exceptions.JedisAccessControlException;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/** Replies as Redis sends them, in one piece and byte by byte. */
final class ReplyReaderTest {

  private static final long LIMIT = 10;

  @Test
  void read_allKinds() {
    ReplyReader reader = reader("+OK\r\n:-12\r\n$3\r\na\r\n\r\n$-1\r\n$0\r\n\r\n*-1\r\n*0\r\n");

    assertThat(reader.read()).isEqualTo(bytes("OK"));
    assertThat(reader.read()).isEqualTo(-12L);
    assertThat(reader.read()).isEqualTo(bytes("a\r\n"));
    assertThat(reader.read()).isNull();
    assertThat(reader.read()).isEqualTo(bytes(""));
    assertThat(reader.read()).isNull();
    assertThat(reader.read()).isEqualTo(List.of());
    assertThat(reader.buffered()).isZero();
  }

  @Test
  void read_longestNumbers() {
    ReplyReader reader = reader(":" + Long.MAX_VALUE + "\r\n:-" + Long.MAX_VALUE + "\r\n");

    assertThat(reader.read()).isEqualTo(Long.MAX_VALUE);
    assertThat(reader.read()).isEqualTo(-Long.MAX_VALUE);
  }

  @Test
  void read_nestedArrays() {
    ReplyReader reader = reader("*2\r\n$1\r\n0\r\n*2\r\n:1\r\n-ERR no\r\n+next\r\n");

    List<?> outer = (List<?>) requireNonNull(reader.read());
    assertThat(outer.get(0)).isEqualTo(bytes("0"));
    List<?> inner = (List<?>) requireNonNull(outer.get(1));
    assertThat(inner.get(0)).isEqualTo(1L);
    assertThat(inner.get(1)).isInstanceOf(JedisDataException.class);
    assertThat(reader.read()).isEqualTo(bytes("next"));
  }

  @Test
  void read_errors_haveTheTypesOfJedis() {
    ReplyReader reader =
        reader("-ERR wrong\r\n-NOSCRIPT none\r\n-NOPERM no\r\n-WRONGPASS no\r\n-NOAUTH no\r\n");

    assertThat(reader.read())
        .isExactlyInstanceOf(JedisDataException.class)
        .hasToString("redis.clients.jedis.exceptions.JedisDataException: ERR wrong");
    assertThat(reader.read()).isInstanceOf(JedisNoScriptException.class);
    for (int i = 0; i < 3; i++) {
      assertThat(reader.read()).isInstanceOf(JedisAccessControlException.class);
    }
  }

  @Test
  void read_valueAboveTheLimit_isSkipped() {
    ReplyReader reader = reader("$11\r\n12345678901\r\n$10\r\n1234567890\r\n");

    assertThat(reader.read()).isSameAs(Bytes.tooLong());
    assertThat(reader.read()).isEqualTo(bytes("1234567890"));
    assertThat(reader.skipped()).isEqualTo(1);
  }

  @Test
  void read_valueLongerThanAnyArray_isSkippedInPieces() {
    long length = Integer.MAX_VALUE + 10L;
    ReplyReader reader = new ReplyReader(new HugeValue(length), Long.MAX_VALUE);

    assertThat(reader.read()).isSameAs(Bytes.tooLong());
    assertThat(reader.read()).isEqualTo(7L);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "?\r\n",
        "$x\r\n",
        "$\r\n",
        ":1\n",
        "$1\r\nabc",
        ":99999999999999999999\r\n",
        "*9999999\r\n",
        "*2147483647\r\n",
        "*9223372036854775807\r\n",
        "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
        "",
        "$5\r\nab",
        "+OK"
      })
  void read_noReply_fails(String text) {
    ReplyReader reader = reader(text);

    assertThatThrownBy(reader::read).isInstanceOf(JedisConnectionException.class);
  }

  /** The headers alone must not take memory for what they announce. */
  @Test
  void read_announcedElements_takeNoMemory() {
    String text = "*1000000\r\n*40000\r\n*1000\r\n*1000\r\n*1000\r\n*1000\r\n*1000\r\n";
    ReplyReader reader = reader(text);

    long before = allocatedBytes();
    assertThatThrownBy(reader::read).isInstanceOf(JedisConnectionException.class);
    assertThat(allocatedBytes() - before).isLessThan(1 << 20);
  }

  /** Arrays in arrays have few bytes for each element, and need not end. */
  @Test
  void read_elementsOfAllArrays_areBounded() {
    InputStream endless = new Endless("*1000000\r\n", "*4\r\n:1\r\n:1\r\n:1\r\n:1\r\n");
    ReplyReader reader = new ReplyReader(endless, LIMIT);

    assertThatThrownBy(reader::read)
        .isInstanceOf(JedisConnectionException.class)
        .hasMessageContaining("array of 4 elements");
  }

  @Test
  void read_errorsInArrays_areBounded() {
    ReplyReader reader = new ReplyReader(new Endless("*1000000\r\n", "-E\r\n"), LIMIT);

    long before = allocatedBytes();
    assertThatThrownBy(reader::read)
        .isInstanceOf(JedisConnectionException.class)
        .hasMessageContaining("errors");
    assertThat(allocatedBytes() - before).isLessThan(8 << 20);
  }

  private static long allocatedBytes() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    return threads.getThreadAllocatedBytes(Thread.currentThread().getId());
  }

  private static ReplyReader reader(String text) {
    return new ReplyReader(new ByteByByte(bytes(text)), LIMIT);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  /** Gives one byte at a time, as a bad connection may. */
  private static final class ByteByByte extends InputStream {

    private final InputStream all;

    ByteByByte(byte[] bytes) {
      this.all = new ByteArrayInputStream(bytes);
    }

    @Override
    public int read() {
      throw new UnsupportedOperationException();
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
      return all.read(target, offset, Math.min(1, length));
    }
  }

  /** A text, and then another one again and again. */
  private static final class Endless extends InputStream {

    private final byte[] head;
    private final byte[] rest;
    private int at;

    Endless(String head, String rest) {
      this.head = bytes(head);
      this.rest = bytes(rest);
    }

    @Override
    public int read() {
      throw new UnsupportedOperationException();
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      byte[] source = at < head.length ? head : rest;
      int from = at < head.length ? at : (at - head.length) % rest.length;
      int count = Math.min(length, source.length - from);
      System.arraycopy(source, from, target, offset, count);
      at = source == head ? at + count : head.length + (from + count) % rest.length;
      return count;
    }
  }

  /** A value of that length, and a number behind it. */
  private static final class HugeValue extends InputStream {

    private final byte[] head;
    private final byte[] tail = bytes("\r\n:7\r\n");
    private final long end;
    private long at;

    HugeValue(long length) {
      this.head = bytes("$" + length + "\r\n");
      this.end = head.length + length;
    }

    @Override
    public int read() {
      throw new UnsupportedOperationException();
    }

    @Override
    public int read(byte[] target, int offset, int length) {
      long from = at;
      if (from >= end + tail.length) {
        return -1;
      }
      if (from < head.length || from >= end) {
        target[offset] = from < head.length ? head[(int) from] : tail[(int) (from - end)];
        at++;
        return 1;
      }
      int count = (int) Math.min(length, end - from);
      Arrays.fill(target, offset, offset + Math.min(count, 8), (byte) 'x');
      at += count;
      return count;
    }
  }
}
