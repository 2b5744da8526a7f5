package io.yokedcache.jcache.internal.codec.value;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.serial.BigEndian;
import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes one value in the compact form, see {@link CompactForm}. Not safe for use by several
 * threads.
 */
final class CompactWriter {

  static final byte NULL = 'N';
  static final byte RECORD = 'R';
  static final byte ENUM = 'E';

  /** The most classes of one value. */
  static final int MAX_CLASSES = 0xFF;

  /** So many mutable objects are compared one by one; more are hashed. */
  private static final int FEW = 8;

  /** Some JVMs do not allocate longer arrays. */
  private static final int MAX_ARRAY = Integer.MAX_VALUE - Long.BYTES;

  private final SerializationSettings settings;
  private final int maxSize;
  private final long maxComparisons;
  private byte[] bytes;
  private int at;
  private long references;
  private long comparisons;
  private Class<?>[] classes = new Class<?>[4];
  private int classCount;
  private Object[] mutable = {};
  private int mutableCount;
  private @Nullable Set<Object> manyMutable;

  /** Thrown if a value has no compact form. */
  static final class UnsuitedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private UnsuitedException() {
      super(null, null, /* enableSuppression= */ false, /* writableStackTrace= */ false);
    }
  }

  CompactWriter(SerializationSettings settings, long maxComparisons, int expectedSize) {
    this.maxComparisons = maxComparisons;
    this.settings = settings;
    this.maxSize = (int) Math.max(0, Math.min(MAX_ARRAY, settings.maxBytes()));
    this.bytes = new byte[Math.min(maxSize, expectedSize)];
  }

  /** Returns whether a value that is no part of another one can have a compact form. */
  static boolean begins(Object value) {
    return value instanceof Record || CompactContainer.of(value.getClass()) != null;
  }

  /** Returns whether a component of this type can have a compact form. */
  static boolean canWrite(Class<?> type) {
    return type.isPrimitive()
        || type.isInterface()
        || type.isRecord()
        || Enum.class.isAssignableFrom(type)
        || type.isAssignableFrom(Record.class)
        || PlainForm.canBe(type)
        || CompactContainer.canBe(type);
  }

  /** Returns the written bytes, which the caller owns. */
  byte[] toBytes() {
    return at == bytes.length ? bytes : Arrays.copyOf(bytes, at);
  }

  /** Returns the records and enums that were written, each once. */
  Class<?>[] classes() {
    return Arrays.copyOf(classes, classCount);
  }

  /**
   * Writes a value.
   *
   * @param depth the number of values around it, and one
   * @throws UnsuitedException if it has no compact form, or exceeds a limit
   */
  void write(@Nullable Object value, int depth) {
    if (++references > settings.maxReferences()) {
      throw new UnsuitedException();
    }
    if (value == null) {
      put(NULL);
    } else if (value instanceof String text) {
      writeText(text);
    } else if (value instanceof Record) {
      writeRecord(value, depth);
    } else if (value instanceof Enum<?> constant) {
      checkDepth(depth);
      writeClass(ENUM, constant.getDeclaringClass());
      writeText(constant.name());
    } else {
      CompactContainer container = CompactContainer.of(value.getClass());
      if (container == null) {
        writePlain(value);
      } else {
        writeContainer(container, value, depth);
      }
    }
  }

  private void checkDepth(int depth) {
    if (depth > settings.maxDepth()) {
      throw new UnsuitedException();
    }
  }

  private void writeRecord(Object record, int depth) {
    checkDepth(depth);
    CompactClass form = writeClass(RECORD, record.getClass());
    Field[] fields = form.fields();
    byte[] kinds = form.kinds();
    try {
      for (int i = 0; i < fields.length; i++) {
        Field field = fields[i];
        switch (kinds[i]) {
          case 'Z' -> put((byte) (field.getBoolean(record) ? 1 : 0));
          case 'B' -> put(field.getByte(record));
          case 'S' -> putShort(field.getShort(record));
          case 'C' -> putShort((short) field.getChar(record));
          case 'I' -> putInt(field.getInt(record));
          case 'J' -> putLong(field.getLong(record));
          // Equal values must have equal bytes, so all NaN are one.
          case 'F' -> putInt(Float.floatToIntBits(field.getFloat(record)));
          case 'D' -> putLong(Double.doubleToLongBits(field.getDouble(record)));
          default -> write(field.get(record), depth + 1);
        }
      }
    } catch (IllegalAccessException e) {
      throw new IllegalStateException(record.getClass() + " was made accessible", e);
    }
  }

  /** Writes the number of a class in this value, and its header when it is new. */
  private CompactClass writeClass(byte tag, Class<?> type) {
    CompactClass form = CompactClass.of(type);
    if (form == null) {
      throw new UnsuitedException();
    }
    int index = 0;
    while (index < classCount && classes[index] != type) {
      index++;
    }
    if (index == MAX_CLASSES) {
      throw new UnsuitedException();
    }
    put(tag);
    put((byte) index);
    if (index == classCount) {
      if (index == classes.length) {
        classes = Arrays.copyOf(classes, 2 * index);
      }
      classes[classCount++] = type;
      putAll(form.header());
    }
    return form;
  }

  private void writeContainer(CompactContainer container, Object value, int depth) {
    checkDepth(depth);
    if (container.isMutable()) {
      noteMutable(value);
    }
    put(container.tag());
    int start = at;
    KeyOrder order = new KeyOrder(container);
    if (value instanceof Map<?, ?> map) {
      writeLength(map.size());
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        checkKey(order, entry.getKey());
        write(entry.getKey(), depth + 1);
        write(entry.getValue(), depth + 1);
      }
    } else {
      Collection<?> elements =
          container.isArray() ? Arrays.asList((Object[]) value) : (Collection<?>) value;
      if (container.isArray() && elements.size() > settings.maxArrayLength()) {
        throw new UnsuitedException();
      }
      writeLength(elements.size());
      for (Object element : elements) {
        if (element == null && container == CompactContainer.LIST_OF) {
          // Stream.toList takes null, List.of does not.
          throw new UnsuitedException();
        }
        checkKey(order, element);
        write(element, depth + 1);
      }
    }
    comparisons += order.comparisons(at - start);
    if (comparisons > maxComparisons) {
      throw new UnsuitedException();
    }
  }

  private static void checkKey(KeyOrder order, @Nullable Object key) {
    if (!order.accepts(key)) {
      throw new UnsuitedException();
    }
  }

  private <T> void writePlain(T value) {
    @SuppressWarnings("unchecked") // It is the class of the value.
    PlainForm<T> form = PlainForm.of((Class<T>) value.getClass());
    if (form == null) {
      throw new UnsuitedException();
    }
    if (value.getClass().isArray()) {
      noteMutable(value);
    }
    try {
      putAll(form.encoder().apply(value, settings));
    } catch (CodecException tooLong) {
      throw new UnsuitedException();
    }
  }

  /**
   * A mutable object that occurs twice is one object after Java deserialisation, and would be two
   * after this form. That includes all cycles.
   */
  private void noteMutable(Object value) {
    if (manyMutable != null) {
      if (!manyMutable.add(value)) {
        throw new UnsuitedException();
      }
      return;
    }
    for (int i = 0; i < mutableCount; i++) {
      if (mutable[i] == value) {
        throw new UnsuitedException();
      }
    }
    if (mutableCount == FEW) {
      Set<Object> many = Collections.newSetFromMap(new IdentityHashMap<>());
      Collections.addAll(many, mutable);
      many.add(value);
      manyMutable = many;
      return;
    }
    if (mutable.length == 0) {
      mutable = new Object[FEW];
    }
    mutable[mutableCount++] = value;
  }

  /** As {@link PlainForm} writes a String. Most text is Latin-1. */
  private void writeText(String text) {
    int start = at;
    int length = text.length();
    put((byte) PlainForm.LATIN_1);
    writeLength(length);
    int from = next(length);
    copyLowBytes(text, from);
    if (!new String(bytes, from, length, ISO_8859_1).equals(text)) {
      at = start;
      writePlain(text);
    }
  }

  @SuppressWarnings("deprecation") // It is fast; the caller detects the loss of upper bytes.
  private void copyLowBytes(String text, int from) {
    text.getBytes(0, text.length(), bytes, from);
  }

  private void writeLength(int length) {
    if (length < PlainForm.LONG_FORM) {
      put((byte) length);
    } else {
      put((byte) PlainForm.LONG_FORM);
      putInt(length);
    }
  }

  private void put(byte b) {
    int position = next(1);
    bytes[position] = b;
  }

  private void putShort(short number) {
    int position = next(Short.BYTES);
    BigEndian.put(bytes, position, number);
  }

  private void putInt(int number) {
    int position = next(Integer.BYTES);
    BigEndian.put(bytes, position, number);
  }

  private void putLong(long number) {
    int position = next(Long.BYTES);
    BigEndian.put(bytes, position, number);
  }

  private void putAll(byte[] part) {
    int position = next(part.length);
    System.arraycopy(part, 0, bytes, position, part.length);
  }

  /** Makes room and returns where it begins. */
  private int next(int size) {
    int position = at;
    if (size > bytes.length - position) {
      grow(size);
    }
    at = position + size;
    return position;
  }

  private void grow(int size) {
    long needed = (long) at + size;
    if (needed > maxSize) {
      throw new UnsuitedException();
    }
    bytes = Arrays.copyOf(bytes, (int) Math.max(needed, Math.min(2L * bytes.length, maxSize)));
  }
}
