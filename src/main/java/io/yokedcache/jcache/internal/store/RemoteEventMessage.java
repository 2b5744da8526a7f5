package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.redis.Bytes;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A change, as one JVM publishes it to the others. {@code apply.lua} writes the same form:
 *
 * <pre>
 * version (1 byte, 1) change (1) origin (8) key length (4) key
 * old value's length (4, -1 for none) old value, new value (the rest; nothing if removed)
 * </pre>
 *
 * <p>{@code renew.lua} publishes a {@code clear()} as the version and the byte 5. {@code open.lua}
 * publishes the byte 6 if there was no generation and a new one began, in which no JVM is
 * registered.
 *
 * @param change {@link Change#CREATED}, {@link Change#UPDATED}, {@link Change#REMOVED} or {@link
 *     Change#EXPIRED}
 * @param origin identifies the events of one cache object: its manager, and its number there
 * @param prior the value before the change, if there was one and a listener wants it
 * @param value the value after the change, or {@code null} if there is none
 */
public record RemoteEventMessage(
    Change change, Bytes origin, Bytes key, @Nullable Bytes prior, @Nullable Bytes value) {

  static final int ORIGIN_LENGTH = 8;

  /** The length of the manager's part of an origin. */
  private static final int MANAGER_LENGTH = 6;

  private static final byte VERSION = 1;
  private static final byte CLEAR = 5;
  private static final byte BEGIN = 6;
  private static final int FIXED_LENGTH = 2 + ORIGIN_LENGTH + 4 + 4;

  /** The length of the encoded message, which is about its size in memory. */
  public int sizeBytes() {
    return FIXED_LENGTH
        + key.length()
        + (prior == null ? 0 : prior.length())
        + (value == null ? 0 : value.length());
  }

  byte[] encode() {
    ByteBuffer out = ByteBuffer.allocate(sizeBytes());
    out.put(VERSION).put(code(change)).put(origin.array());
    out.putInt(key.length()).put(key.array());
    out.putInt(prior == null ? -1 : prior.length());
    if (prior != null) {
      out.put(prior.array());
    }
    if (value != null) {
      out.put(value.array());
    }
    return out.array();
  }

  /** The origin of the changes of a cache object. */
  public static byte[] origin(long manager, int number) {
    return ByteBuffer.allocate(ORIGIN_LENGTH)
        .putLong(manager)
        .putShort(MANAGER_LENGTH, (short) number)
        .array();
  }

  /** Whether a cache object of the same manager as another one made the change. */
  public boolean isOfManagerOf(Bytes other) {
    return Arrays.equals(origin.array(), 0, MANAGER_LENGTH, other.array(), 0, MANAGER_LENGTH);
  }

  /** Whether a message announces a {@code clear()}. */
  public static boolean isClear(byte[] message) {
    return isNotice(message, CLEAR);
  }

  /** Whether a message announces a generation that began where there was none. */
  public static boolean isBegin(byte[] message) {
    return isNotice(message, BEGIN);
  }

  private static boolean isNotice(byte[] message, byte kind) {
    return message.length == 2 && message[0] == VERSION && message[1] == kind;
  }

  /** Reads a message, or returns {@code null} for one that this version does not understand. */
  public static @Nullable RemoteEventMessage decode(byte[] message) {
    ByteBuffer in = ByteBuffer.wrap(message);
    try {
      if (in.get() != VERSION) {
        return null;
      }
      Change change = change(in.get());
      if (change == null) {
        return null;
      }
      Bytes origin = take(in, ORIGIN_LENGTH);
      Bytes key = take(in, in.getInt());
      int priorLength = in.getInt();
      Bytes prior = priorLength < 0 ? null : take(in, priorLength);
      Bytes rest = take(in, in.remaining());
      boolean hasValue = change == Change.CREATED || change == Change.UPDATED;
      return new RemoteEventMessage(change, origin, key, prior, hasValue ? rest : null);
    } catch (BufferUnderflowException malformed) {
      return null;
    }
  }

  private static Bytes take(ByteBuffer in, int length) {
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return Bytes.of(bytes);
  }

  private static byte code(Change change) {
    return switch (change) {
      case CREATED -> 1;
      // The mutation did not ask which of the two it was; most listeners handle both alike.
      case UPDATED, WRITTEN -> 2;
      case REMOVED -> 3;
      case EXPIRED -> 4;
      case NONE -> throw new IllegalArgumentException("nothing changed, so there is no message");
    };
  }

  private static @Nullable Change change(byte code) {
    return switch (code) {
      case 1 -> Change.CREATED;
      case 2 -> Change.UPDATED;
      case 3 -> Change.REMOVED;
      case 4 -> Change.EXPIRED;
      default -> null;
    };
  }
}
