package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.internal.codec.serial.AllowedClasses;
import io.yokedcache.jcache.internal.codec.serial.JavaStreams;
import java.lang.reflect.Array;
import java.lang.reflect.Member;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The forms of objects: arrays by element, enum constants by name, records by component, value
 * classes by field, and all others by Java serialisation. Safe for use by several threads.
 */
final class ObjectForms {

  private static final Logger logger = LoggerFactory.getLogger(CanonicalKeyCodec.class);

  private final JavaStreams streams;
  private final AllowedClasses allowed;

  /**
   * The classes that were warned about; never more than the loaded classes. The set is copied on
   * write, because most caches have none and no cache has many.
   */
  private volatile Set<String> warned = Set.of();

  ObjectForms(JavaStreams streams) {
    this.streams = streams;
    this.allowed = streams.allowed();
  }

  /** Arrays in keys are compared by content, although Java compares arrays by identity. */
  void writeArray(Object array, KeyWriter out) {
    if (array instanceof byte[] bytes) {
      out.text("#b");
      out.raw(bytes);
      return;
    }
    Class<?> element = AllowedClasses.elementType(array.getClass());
    allowed.learn(element);
    out.text("#A" + "[".repeat(dimensions(array.getClass())) + element.getName() + ";");
    int length = Array.getLength(array);
    for (int i = 0; i < length; i++) {
      out.value(Array.get(array, i));
    }
  }

  Object readArray(KeyReader in) {
    String name = in.until(';');
    int dimensions = 0;
    while (dimensions < name.length() && name.charAt(dimensions) == '[') {
      dimensions++;
    }
    Class<?> component = streams.find(name.substring(dimensions));
    for (int i = 1; i < dimensions; i++) {
      component = component.arrayType();
    }
    List<@Nullable Object> values = in.values();
    Object array = Array.newInstance(component, values.size());
    for (int i = 0; i < values.size(); i++) {
      Array.set(array, i, Containers.become(values.get(i), component));
    }
    return array;
  }

  private static int dimensions(Class<?> type) {
    int dimensions = 0;
    for (Class<?> c = type; c.isArray(); c = c.getComponentType()) {
      dimensions++;
    }
    return dimensions;
  }

  void writeEnum(Enum<?> constant, KeyWriter out) {
    Class<?> type = constant.getDeclaringClass();
    allowed.learn(type);
    out.text("#E" + type.getName() + ";" + constant.name());
  }

  Object readEnum(KeyReader in) {
    Class<?> type = streams.find(in.until(';'));
    String name = in.restAsText();
    Object[] constants = type.getEnumConstants();
    if (constants == null) {
      throw in.damaged(type.getName() + " is not an enum");
    }
    for (Object constant : constants) {
      if (((Enum<?>) constant).name().equals(name)) {
        return constant;
      }
    }
    throw in.damaged(type.getName() + " has no constant " + name);
  }

  void write(Object value, KeyWriter out) {
    ObjectShape shape = ObjectShape.of(value.getClass());
    String obstacle = shape.obstacle();
    if (obstacle != null) {
      writeJava(value, obstacle, out);
      return;
    }
    allowed.learnWithSuperclasses(value.getClass());
    out.text(shape.header());
    for (Object part : shape.partsOf(value)) {
      out.value(part);
    }
  }

  Object read(char tag, KeyReader in) {
    String name = in.until(';');
    Class<?> type = streams.find(name.substring(0, Math.max(0, name.lastIndexOf('@'))));
    ObjectShape shape = ObjectShape.of(type);
    if (!shape.header().equals("#" + tag + name + ";")) {
      throw in.damaged(
          "class " + type.getName() + " has other fields than when the key was written");
    }
    List<@Nullable Object> parts = in.values();
    List<Member> members = shape.members();
    if (parts.size() != members.size()) {
      throw in.damaged(
          type.getName() + " has " + members.size() + " parts, the key has " + parts.size());
    }
    @Nullable Object[] values = new @Nullable Object[parts.size()];
    Arrays.setAll(values, i -> Containers.become(parts.get(i), ObjectShape.typeOf(members.get(i))));
    return shape.create(values, streams);
  }

  private void writeJava(Object value, String obstacle, KeyWriter out) {
    byte[] form = streams.writeKey(value);
    String name = value.getClass().getName();
    if (!warned.contains(name) && isFirst(name)) {
      logger.warn(
          "Keys of class {} have no canonical form: {}. They fall back to Java serialisation, in"
              + " which equal keys may differ and then miss each other's entries. Use a record or a"
              + " plain Serializable class, or set a key codec of your own for this cache",
          name,
          obstacle);
    }
    out.text("#J");
    out.raw(form);
  }

  /** The monitor ensures that no name is lost and that only one of two threads warns. */
  private synchronized boolean isFirst(String name) {
    if (warned.contains(name)) {
      return false;
    }
    Set<String> more = new HashSet<>(warned);
    more.add(name);
    warned = Set.copyOf(more);
    return true;
  }

  Object readJava(KeyReader in) {
    return streams.read(in.rest());
  }
}
