package io.yokedcache.jcache.internal.redis;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.args.Rawable;
import redis.clients.jedis.util.JedisClusterCRC16;

/**
 * Bytes as a value: equal by content, and by agreement never changed after creation. As an argument
 * of a command they are sent without being copied, which arrays are not.
 */
public final class Bytes implements Rawable {

  /** The reply in place of a value that is too long to be read; told apart by identity. */
  private static final byte[] TOO_LONG = new byte[0];

  private final byte[] array;

  private Bytes(byte[] array) {
    this.array = array;
  }

  /** Wraps an array, which must not change afterwards. */
  public static Bytes of(byte[] array) {
    return new Bytes(array);
  }

  /** The array that stands for something in Redis that was too long to be read. */
  public static byte[] tooLong() {
    return TOO_LONG;
  }

  /** Whether this stands for something in Redis that was too long to be read. */
  public boolean isTooLong() {
    return isTooLong(array);
  }

  /** Whether a reply, or a part of one, stands for something that was too long to be read. */
  static boolean isTooLong(@Nullable Object reply) {
    return reply == TOO_LONG;
  }

  /** The UTF-8 form of a text. */
  public static Bytes utf8(String text) {
    return new Bytes(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The array itself, not a copy: readers must not change it. */
  public byte[] array() {
    return array;
  }

  /** The same for Jedis. */
  @Override
  public byte[] getRaw() {
    return array;
  }

  public int length() {
    return array.length;
  }

  /** The slot of a Redis Cluster that a key of this name belongs to. */
  public int slot() {
    return JedisClusterCRC16.getSlot(array);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Bytes bytes && Arrays.equals(array, bytes.array);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(array);
  }

  /** The length only: content may be secret. */
  @Override
  public String toString() {
    return "Bytes[" + array.length + "]";
  }
}
