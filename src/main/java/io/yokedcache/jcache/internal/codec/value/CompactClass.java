package io.yokedcache.jcache.internal.codec.value;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.internal.codec.serial.BigEndian;
import io.yokedcache.jcache.internal.codec.serial.ClosedTypes;
import java.io.ByteArrayOutputStream;
import java.io.Externalizable;
import java.io.Serializable;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import org.jspecify.annotations.Nullable;

/**
 * A record class or an enum whose objects {@link CompactWriter} writes. The header describes the
 * class in the bytes of a value, and the reader compares it with the class of its JVM:
 *
 * <pre>
 * header      size of the rest (2), length of the class name (2), class name, components
 * component   kind, length of its name (1), name; enums have none
 * kind        Z B C S I J F D: a primitive type, as in descriptors of the class file; L: an object
 * </pre>
 *
 * <p>As in Java serialisation, the components are read from the fields, and the canonical
 * constructor creates the record. Immutable; the arrays are not changed.
 *
 * @param header the header of the class
 * @param fields the fields of the components in declared order; none for an enum
 * @param kinds the kinds of the components
 * @param constructor the canonical constructor; {@code null} for an enum
 */
@SuppressWarnings("ArrayRecordComponent") // It is a view of the arrays that the class value holds.
record CompactClass(
    byte[] header, Field[] fields, byte[] kinds, @Nullable Constructor<?> constructor) {

  /** The kind of a component that is an object, or {@code null}. */
  static final byte OBJECT = 'L';

  private static final int MAX_HEADER = 0xFFFF;
  private static final int MAX_COMPONENT_NAME = 0xFF;
  private static final Object[] NONE = {};

  /**
   * The parts of this record, or {@link #NONE}. The class value holds JDK objects only: an object
   * of this library, attached to a class of the server's loader, would hold the loader of the
   * application that contains this library.
   */
  private static final ClassValue<Object[]> PARTS =
      new ClassValue<>() {
        @Override
        protected Object[] computeValue(Class<?> type) {
          return partsOf(type);
        }
      };

  /** Returns the form of a class, or {@code null} if its objects are serialised. */
  static @Nullable CompactClass of(Class<?> type) {
    Object[] parts = PARTS.get(type);
    return parts.length == 0
        ? null
        : new CompactClass(
            (byte[]) parts[0], (Field[]) parts[1], (byte[]) parts[2], (Constructor<?>) parts[3]);
  }

  private static @Nullable Object[] partsOf(Class<?> type) {
    byte[] header = null;
    if (type.isEnum()) {
      header = headerOf(type, new RecordComponent[0]);
      return header == null ? NONE.clone() : new Object[] {header, new Field[0], new byte[0], null};
    }
    if (!isPlainRecord(type)) {
      return NONE.clone();
    }
    RecordComponent[] components = type.getRecordComponents();
    Field[] fields = new Field[components.length];
    byte[] kinds = new byte[components.length];
    Class<?>[] types = new Class<?>[components.length];
    try {
      for (int i = 0; i < components.length; i++) {
        types[i] = components[i].getType();
        kinds[i] = kindOf(types[i]);
        fields[i] = type.getDeclaredField(components[i].getName());
        // The module of the class may not be open to this library.
        if (!fields[i].trySetAccessible() || !CompactWriter.canWrite(types[i])) {
          return NONE.clone();
        }
      }
      Constructor<?> constructor = type.getDeclaredConstructor(types);
      header = headerOf(type, components);
      return header == null || !constructor.trySetAccessible()
          ? NONE.clone()
          : new Object[] {header, fields, kinds, constructor};
    } catch (NoSuchFieldException | NoSuchMethodException e) {
      throw new IllegalStateException(type + " lacks a part of each record", e);
    }
  }

  /** Returns whether Java serialisation reads and writes the components and nothing else. */
  private static boolean isPlainRecord(Class<?> type) {
    return type.isRecord()
        && Serializable.class.isAssignableFrom(type)
        && !Externalizable.class.isAssignableFrom(type)
        && !type.isHidden()
        && !ClosedTypes.isReplacedInStreams(type);
  }

  private static byte kindOf(Class<?> type) {
    return type.isPrimitive() ? (byte) type.descriptorString().charAt(0) : OBJECT;
  }

  /** Returns the header, or {@code null} if a name is too long. */
  private static byte @Nullable [] headerOf(Class<?> type, RecordComponent[] components) {
    byte[] className = type.getName().getBytes(UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(new byte[2 * Short.BYTES]);
    out.writeBytes(className);
    for (RecordComponent component : components) {
      byte[] name = component.getName().getBytes(UTF_8);
      if (name.length > MAX_COMPONENT_NAME) {
        return null;
      }
      out.write(kindOf(component.getType()));
      out.write(name.length);
      out.writeBytes(name);
    }
    byte[] header = out.toByteArray();
    if (header.length > MAX_HEADER) {
      return null;
    }
    BigEndian.put(header, 0, (short) (header.length - Short.BYTES));
    BigEndian.put(header, Short.BYTES, (short) className.length);
    return header;
  }

  boolean isEnum() {
    return constructor == null;
  }

  /** Returns the index of a component, or -1. */
  int indexOf(String name) {
    for (int i = 0; i < fields.length; i++) {
      if (fields[i].getName().equals(name)) {
        return i;
      }
    }
    return -1;
  }

  /**
   * Creates a record.
   *
   * @throws CodecException if its constructor refuses the components, or if they are of other types
   */
  Object create(@Nullable Object[] components) {
    if (constructor == null) {
      throw new CodecException("The bytes are damaged: an enum has components", null);
    }
    String name = constructor.getDeclaringClass().getName();
    try {
      return constructor.newInstance(components);
    } catch (InvocationTargetException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new CodecException(
          cause instanceof VirtualMachineError
              ? CodecException.Reason.RESOURCES
              : CodecException.Reason.DAMAGED,
          "The constructor of " + name + " refuses the value: " + cause,
          cause);
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      throw new CodecException(
          "The bytes are damaged, or " + name + " has components of other types now: " + e, e);
    }
  }
}
