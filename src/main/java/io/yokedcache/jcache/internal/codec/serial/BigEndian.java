package io.yokedcache.jcache.internal.codec.serial;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Numbers in a byte array, most significant byte first. */
public final class BigEndian {

  private static final VarHandle SHORT = view(short[].class);
  private static final VarHandle CHAR = view(char[].class);
  private static final VarHandle INT = view(int[].class);
  private static final VarHandle LONG = view(long[].class);

  private BigEndian() {}

  private static VarHandle view(Class<?> array) {
    return MethodHandles.byteArrayViewVarHandle(array, ByteOrder.BIG_ENDIAN);
  }

  public static void put(byte[] bytes, int at, short value) {
    SHORT.set(bytes, at, value);
  }

  public static void put(byte[] bytes, int at, char value) {
    CHAR.set(bytes, at, value);
  }

  public static void put(byte[] bytes, int at, int value) {
    INT.set(bytes, at, value);
  }

  public static void put(byte[] bytes, int at, long value) {
    LONG.set(bytes, at, value);
  }

  public static short shortAt(byte[] bytes, int at) {
    return (short) SHORT.get(bytes, at);
  }

  public static char charAt(byte[] bytes, int at) {
    return (char) CHAR.get(bytes, at);
  }

  public static int intAt(byte[] bytes, int at) {
    return (int) INT.get(bytes, at);
  }

  public static long longAt(byte[] bytes, int at) {
    return (long) LONG.get(bytes, at);
  }
}
