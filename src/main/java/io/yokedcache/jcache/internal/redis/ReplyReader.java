package io.yokedcache.jcache.internal.redis;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.exceptions.JedisAccessControlException;
import redis.clients.jedis.exceptions.JedisBusyException;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/**
 * Reads the replies of Redis' protocol RESP2. Jedis' reader allocates whatever length a reply
 * names: a value of 500 MB, which anybody may have put into Redis, ends in an {@code
 * OutOfMemoryError} in the middle of a connection that many threads share. Here a value above the
 * limit, or one for which there is no memory, is skipped, and {@link Bytes#tooLong} takes its
 * place: for a cache that is a value which cannot be decoded. The replies of all others stay in
 * their places.
 *
 * <p>For one thread at a time.
 */
public final class ReplyReader {

  private static final Logger logger = LoggerFactory.getLogger(ReplyReader.class);

  /** The reply to most writes; shared, since replies are not modified. */
  private static final byte[] OK = {'O', 'K'};

  private static final int BUFFER_BYTES = 32 << 10;

  /** The longest line: a status or the text of an error. */
  private static final int MAX_LINE_BYTES = 64 << 10;

  /**
   * Added to the longest value for keys with their prefixes and for reports that JVMs write for
   * each other.
   */
  private static final long ALLOWANCE_BYTES = 1 << 20;

  /** How deep arrays are nested at most: SCAN's are two. */
  private static final int MAX_DEPTH = 8;

  /** The most elements of a reply's arrays together: far more than any command of ours asks for. */
  private static final int MAX_ELEMENTS = 1 << 20;

  /**
   * The most errors in the arrays of a reply: each is an exception, which takes much more memory
   * than its bytes.
   */
  private static final int MAX_NESTED_ERRORS = 1 << 10;

  /** For how many elements an array has room before they have come. */
  private static final int FIRST_ELEMENTS = 1 << 10;

  private final InputStream in;
  private final long maxValueBytes;
  private final byte[] buffer = new byte[BUFFER_BYTES];
  private int from;
  private int to;
  private long skipped;

  /** How many elements and errors the arrays of the present reply may have yet. */
  private long elementsLeft;

  private int errorsLeft;

  /**
   * Reads from a stream.
   *
   * @param maxValueBytes the longest value that is read
   */
  public ReplyReader(InputStream in, long maxValueBytes) {
    this.in = in;
    this.maxValueBytes = maxValueBytes;
  }

  /**
   * The limit for replies that have values of an application among others.
   *
   * @param maxValueBytes how long one value of the application may be
   * @param values how many of these are in the longest reply's element
   */
  public static long limit(long maxValueBytes, int values) {
    return values * Math.min(maxValueBytes, Integer.MAX_VALUE) + ALLOWANCE_BYTES;
  }

  /** How many bytes have come that were not read yet. */
  public int buffered() {
    return to - from;
  }

  /** How many values were skipped so far. */
  long skipped() {
    return skipped;
  }

  /**
   * Reads a reply.
   *
   * @return {@code byte[]}, {@code Long}, {@code List}, {@code JedisDataException} or {@code null}
   * @throws JedisConnectionException if the stream ends, fails, or has something else
   */
  public @Nullable Object read() {
    elementsLeft = MAX_ELEMENTS;
    errorsLeft = MAX_NESTED_ERRORS;
    try {
      return read(0);
    } catch (IOException e) {
      throw new JedisConnectionException(e);
    }
  }

  private @Nullable Object read(int depth) throws IOException {
    byte kind = next();
    return switch (kind) {
      case '$' -> value();
      case ':' -> number();
      case '+' -> line();
      case '-' -> error(depth);
      case '*' -> array(depth);
      default -> throw new IOException("Unknown reply: " + octet(kind));
    };
  }

  private @Nullable List<@Nullable Object> array(int depth) throws IOException {
    long count = number();
    if (count < 0) {
      return null;
    }
    if (count > elementsLeft || depth == MAX_DEPTH) {
      throw new IOException(
          "A reply has an array of "
              + count
              + " elements at depth "
              + depth
              + ", which no command asks for");
    }
    elementsLeft -= count;
    List<@Nullable Object> elements = new ArrayList<>((int) Math.min(count, FIRST_ELEMENTS));
    for (long i = 0; i < count; i++) {
      elements.add(read(depth + 1));
    }
    return elements;
  }

  private JedisDataException error(int depth) throws IOException {
    if (depth > 0 && errorsLeft-- == 0) {
      throw new IOException(
          "A reply has more than " + MAX_NESTED_ERRORS + " errors, which no command asks for");
    }
    return error(new String(line(), UTF_8));
  }

  private byte @Nullable [] value() throws IOException {
    long length = number();
    if (length < 0) {
      return null;
    }
    byte[] value = length <= maxValueBytes ? allocate(length) : null;
    if (value == null) {
      countSkipped(length);
      skip(length);
    } else {
      fill(value);
    }
    end();
    return value == null ? Bytes.tooLong() : value;
  }

  /** Warns once for each connection: somebody may have put many such values into Redis. */
  private void countSkipped(long length) {
    if (skipped++ == 0) {
      logger.warn(
          "A value of {} bytes was not read: the limit is {}, by yokedcache.serialization.max-bytes, and there must be memory for it. Further ones are only counted",
          length,
          maxValueBytes);
    }
  }

  private static byte @Nullable [] allocate(long length) {
    try {
      return new byte[Math.toIntExact(length)];
    } catch (OutOfMemoryError | ArithmeticException tooMuch) {
      return null;
    }
  }

  private void fill(byte[] value) throws IOException {
    int filled = Math.min(value.length, to - from);
    System.arraycopy(buffer, from, value, 0, filled);
    from += filled;
    while (filled < value.length) {
      int count = in.read(value, filled, value.length - filled);
      if (count < 0) {
        throw new EOFException("The server closed the connection");
      }
      filled += count;
    }
  }

  private void skip(long length) throws IOException {
    long left = length;
    while (left > 0) {
      if (from == to) {
        more();
      }
      int count = (int) Math.min(left, to - from);
      from += count;
      left -= count;
    }
  }

  /** A number up to the end of the line. */
  private long number() throws IOException {
    byte first = next();
    boolean negative = first == '-';
    long number = 0;
    int digits = 0;
    byte each = negative ? next() : first;
    while (each != '\r') {
      if (each < '0' || each > '9' || digits++ == 19) {
        throw new IOException("A number has " + octet(each));
      }
      number = 10 * number + (each - '0');
      each = next();
    }
    if (digits == 0 || next() != '\n') {
      throw new IOException("A number does not end with CR and LF");
    }
    return negative ? -number : number;
  }

  private byte[] line() throws IOException {
    int end = from;
    while (end < to && buffer[end] != '\r') {
      end++;
    }
    if (end == to) {
      return lineInParts();
    }
    boolean isOk = end - from == OK.length && buffer[from] == 'O' && buffer[from + 1] == 'K';
    byte[] line = isOk ? OK : Arrays.copyOfRange(buffer, from, end);
    from = end + 1;
    if (next() != '\n') {
      throw new IOException("A line does not end with CR and LF");
    }
    return line;
  }

  /** A line of which only a part is in the buffer. */
  private byte[] lineInParts() throws IOException {
    byte[] line = new byte[64];
    int length = 0;
    for (byte each = next(); each != '\r'; each = next()) {
      if (length == line.length) {
        if (length >= MAX_LINE_BYTES) {
          throw new IOException("A line is longer than " + MAX_LINE_BYTES + " bytes");
        }
        line = Arrays.copyOf(line, 2 * length);
      }
      line[length++] = each;
    }
    if (next() != '\n') {
      throw new IOException("A line does not end with CR and LF");
    }
    return Arrays.copyOf(line, length);
  }

  /** The same types as Jedis makes of errors, as far as they matter here. */
  private static JedisDataException error(String text) {
    if (text.startsWith("NOSCRIPT")) {
      return new JedisNoScriptException(text);
    }
    if (text.startsWith("NOAUTH") || text.startsWith("WRONGPASS") || text.startsWith("NOPERM")) {
      return new JedisAccessControlException(text);
    }
    return text.startsWith("BUSY ") ? new JedisBusyException(text) : new JedisDataException(text);
  }

  private static String octet(byte each) {
    return "byte 0x" + Integer.toHexString(Byte.toUnsignedInt(each));
  }

  private void end() throws IOException {
    if (next() != '\r' || next() != '\n') {
      throw new IOException("A value does not end with CR and LF");
    }
  }

  private byte next() throws IOException {
    if (from == to) {
      more();
    }
    return buffer[from++];
  }

  /** Waits for more; the buffer is empty. */
  private void more() throws IOException {
    from = 0;
    to = 0;
    int count = in.read(buffer, 0, buffer.length);
    if (count < 0) {
      throw new EOFException("The server closed the connection");
    }
    to = count;
  }
}
