package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.internal.codec.serial.JavaStreams;
import io.yokedcache.jcache.internal.codec.serial.StreamFilter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.ObjectInputStream;
import java.io.ObjectStreamClass;
import java.io.ObjectStreamConstants;
import java.io.ObjectStreamField;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Creates one object from its field values by Java deserialisation. The stream holds the primitive
 * fields. In place of each object it holds a string with a number, and the reader replaces the
 * string by the object. Constructors are skipped and final fields are set without access to
 * internals of the JDK; later versions of Java may forbid reflection to set them. Not safe for use
 * by several threads.
 */
final class PartStream {

  private final List<Class<?>> classes;
  private final Map<Class<?>, Map<String, @Nullable Object>> values = new HashMap<>();
  private final List<Object> objects = new ArrayList<>();

  /**
   * Creates a stream.
   *
   * @param classes the class of the object and its Serializable superclasses, superclass first
   */
  PartStream(List<Class<?>> classes) {
    this.classes = classes;
    for (Class<?> type : classes) {
      values.put(type, new HashMap<>());
    }
  }

  void set(Class<?> type, String field, @Nullable Object value) {
    fieldsOf(type).put(field, value);
  }

  @Nullable Object get(Class<?> type, String field) {
    return fieldsOf(type).get(field);
  }

  private Map<String, @Nullable Object> fieldsOf(Class<?> type) {
    Map<String, @Nullable Object> fields = values.get(type);
    if (fields == null) {
      throw new IllegalArgumentException(type + " is none of " + classes);
    }
    return fields;
  }

  /** Creates the object. The filter checks its classes as in any stream. */
  Object read(JavaStreams streams) {
    Class<?> type = classes.get(classes.size() - 1);
    StreamFilter filter =
        new StreamFilter(streams.allowed(), streams.settings(), /* sizeBytes= */ 0, objects.size());
    classes.forEach(filter::check);
    try (ObjectInputStream in = new PartInput(new ByteArrayInputStream(bytes()))) {
      in.setObjectInputFilter(filter);
      return in.readObject();
    } catch (IOException | ClassNotFoundException | RuntimeException e) {
      CodecException refusal = filter.refusal();
      throw refusal != null
          ? refusal
          : new CodecException("A key of " + type + " could not be made: " + e, e);
    }
  }

  private byte[] bytes() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeShort(ObjectStreamConstants.STREAM_MAGIC);
    out.writeShort(ObjectStreamConstants.STREAM_VERSION);
    out.writeByte(ObjectStreamConstants.TC_OBJECT);
    for (int i = classes.size() - 1; i >= 0; i--) {
      writeDescription(ObjectStreamClass.lookup(classes.get(i)), out);
    }
    out.writeByte(ObjectStreamConstants.TC_NULL);
    for (Class<?> type : classes) {
      for (ObjectStreamField field : primitivesFirst(type)) {
        writeValue(field, fieldsOf(type).get(field.getName()), out);
      }
    }
    return bytes.toByteArray();
  }

  /** The JDK requires this order. */
  private static ObjectStreamField[] primitivesFirst(Class<?> type) {
    return ObjectStreamClass.lookup(type).getFields();
  }

  private static void writeDescription(ObjectStreamClass description, DataOutputStream out)
      throws IOException {
    out.writeByte(ObjectStreamConstants.TC_CLASSDESC);
    out.writeUTF(description.getName());
    out.writeLong(description.getSerialVersionUID());
    out.writeByte(ObjectStreamConstants.SC_SERIALIZABLE);
    ObjectStreamField[] fields = description.getFields();
    out.writeShort(fields.length);
    for (ObjectStreamField field : fields) {
      out.writeByte(field.getTypeCode());
      out.writeUTF(field.getName());
      if (!field.isPrimitive()) {
        out.writeByte(ObjectStreamConstants.TC_STRING);
        out.writeUTF(field.getTypeString());
      }
    }
    out.writeByte(ObjectStreamConstants.TC_ENDBLOCKDATA);
  }

  private void writeValue(ObjectStreamField field, @Nullable Object value, DataOutputStream out)
      throws IOException {
    if (field.isPrimitive()) {
      writePrimitive(field, value, out);
    } else if (value == null) {
      out.writeByte(ObjectStreamConstants.TC_NULL);
    } else {
      out.writeByte(ObjectStreamConstants.TC_STRING);
      out.writeUTF(Integer.toString(objects.size()));
      objects.add(value);
    }
  }

  private static void writePrimitive(
      ObjectStreamField field, @Nullable Object value, DataOutputStream out) throws IOException {
    if (field.getType() == long.class && value instanceof Long number) {
      out.writeLong(number);
    } else if (field.getType() == int.class && value instanceof Integer number) {
      out.writeInt(number);
    } else if (field.getType() == short.class && value instanceof Short number) {
      out.writeShort(number);
    } else if (field.getType() == byte.class && value instanceof Byte number) {
      out.writeByte(number);
    } else if (field.getType() == char.class && value instanceof Character c) {
      out.writeChar(c);
    } else if (field.getType() == boolean.class && value instanceof Boolean flag) {
      out.writeBoolean(flag);
    } else if (field.getType() == double.class && value instanceof Double number) {
      out.writeDouble(number);
    } else if (field.getType() == float.class && value instanceof Float number) {
      out.writeFloat(number);
    } else {
      throw new CodecException(
          "Not a canonical key: field " + field.getName() + " is no " + field.getType(), null);
    }
  }

  /** Takes classes and objects from the enclosing stream. */
  private final class PartInput extends ObjectInputStream {

    PartInput(InputStream in) throws IOException {
      super(in);
      enableResolveObject(true);
    }

    @Override
    protected Class<?> resolveClass(ObjectStreamClass description) throws ClassNotFoundException {
      for (Class<?> type : classes) {
        if (type.getName().equals(description.getName())) {
          return type;
        }
      }
      throw new ClassNotFoundException(description.getName());
    }

    @Override
    protected Object resolveObject(Object object) {
      return object instanceof String number ? objects.get(Integer.parseInt(number)) : object;
    }
  }
}
