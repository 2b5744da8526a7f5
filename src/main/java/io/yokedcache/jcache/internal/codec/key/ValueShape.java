package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.internal.codec.serial.JavaStreams;
import java.io.Externalizable;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.ObjectStreamField;
import java.io.Serializable;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The shape of a Serializable class with default serialisation: its fields, superclass first and
 * sorted by name within a class, because reflection guarantees no order. Objects are created by
 * Java deserialisation of a generated stream ({@link PartStream}). It runs no constructor, sets
 * final fields, and runs {@code readObject} and {@code readResolve} as usual.
 *
 * @param classes the class and its Serializable superclasses, superclass first
 * @param fields the fields that are written
 * @param carriedHash computes the hash code that the objects store, or {@code null}
 */
record ValueShape(
    String header, List<Class<?>> classes, List<Field> fields, @Nullable CarriedHash carriedHash)
    implements ClassShape {

  static ClassShape of(Class<?> type) {
    if (!Serializable.class.isAssignableFrom(type)) {
      return new Shapeless("it is not Serializable");
    }
    Deque<Class<?>> classes = new ArrayDeque<>();
    for (Class<?> c = type; c != null && c != Object.class; c = c.getSuperclass()) {
      String obstacle = obstacleIn(c);
      if (obstacle != null) {
        return new Shapeless(obstacle);
      }
      if (Serializable.class.isAssignableFrom(c)) {
        classes.addFirst(c);
      } else if (hasState(c)) {
        throw forgotten(c, type);
      }
    }
    return of(type, List.copyOf(classes));
  }

  private static ClassShape of(Class<?> type, List<Class<?>> classes) {
    CarriedHash carriedHash = CarriedHash.of(type);
    List<Field> fields = new ArrayList<>();
    StringBuilder names = new StringBuilder();
    for (Class<?> c : classes) {
      for (ObjectStreamField streamed : serializedFields(c)) {
        Field field = field(c, streamed);
        if (field == null || !field.trySetAccessible()) {
          return new Shapeless("its field " + streamed.getName() + " cannot be read");
        }
        if (!Containers.canBecome(field.getType())) {
          return new Shapeless(
              "a " + field.getType().getName() + " (" + field.getName() + ") cannot be made");
        }
        if (carriedHash == null || !field.getName().equals(CarriedHash.FIELD)) {
          fields.add(field);
          names.append(field.getName()).append(':').append(field.getType().getName()).append(';');
        }
      }
      names.append('/');
    }
    String header = ClassShape.header('O', type, names.toString());
    return new ValueShape(header, classes, List.copyOf(fields), carriedHash);
  }

  private static CodecException forgotten(Class<?> superclass, Class<?> type) {
    return new CodecException(
        "Class "
            + superclass.getName()
            + " has fields and is not Serializable, so that different keys of its subclass "
            + type.getName()
            + " would be taken for the same; make it Serializable or set a key codec of your own",
        null);
  }

  private static @Nullable String obstacleIn(Class<?> type) {
    if (Externalizable.class.isAssignableFrom(type)) {
      return "it is Externalizable";
    }
    if (declares(type, "writeReplace")) {
      return type.getName() + " has a method writeReplace";
    }
    boolean writesItself =
        Serializable.class.isAssignableFrom(type)
            && declares(type, "writeObject", ObjectOutputStream.class);
    return writesItself ? type.getName() + " has a method writeObject" : null;
  }

  private static boolean declares(Class<?> type, String name, Class<?>... parameters) {
    for (Method method : type.getDeclaredMethods()) {
      if (method.getName().equals(name) && Arrays.equals(method.getParameterTypes(), parameters)) {
        return true;
      }
    }
    return false;
  }

  private static boolean hasState(Class<?> type) {
    for (Field field : type.getDeclaredFields()) {
      if (!Modifier.isStatic(field.getModifiers()) && !Modifier.isTransient(field.getModifiers())) {
        return true;
      }
    }
    return false;
  }

  static List<ObjectStreamField> serializedFields(Class<?> type) {
    List<ObjectStreamField> fields =
        new ArrayList<>(List.of(ObjectStreamClass.lookup(type).getFields()));
    fields.sort(Comparator.comparing(ObjectStreamField::getName));
    return fields;
  }

  /** Returns the field, or {@code null} if the class lists a field that it does not have. */
  private static @Nullable Field field(Class<?> type, ObjectStreamField streamed) {
    for (Field field : type.getDeclaredFields()) {
      if (field.getName().equals(streamed.getName())) {
        return field;
      }
    }
    return null;
  }

  @Override
  public @Nullable String obstacle() {
    return null;
  }

  @Override
  public List<Class<?>> partTypes() {
    List<Class<?>> types = new ArrayList<>();
    for (Field field : fields) {
      types.add(field.getType());
    }
    return types;
  }

  @Override
  public @Nullable Object[] partsOf(Object object) {
    @Nullable Object[] parts = new @Nullable Object[fields.size()];
    for (int i = 0; i < parts.length; i++) {
      try {
        parts[i] = fields.get(i).get(object);
      } catch (IllegalAccessException e) {
        throw new CodecException("Field " + fields.get(i) + " could not be read", e);
      }
    }
    return parts;
  }

  @Override
  public Object create(@Nullable Object[] parts, JavaStreams streams) {
    PartStream stream = new PartStream(classes);
    for (int i = 0; i < parts.length; i++) {
      stream.set(fields.get(i).getDeclaringClass(), fields.get(i).getName(), parts[i]);
    }
    if (carriedHash != null) {
      Class<?> type = classes.get(classes.size() - 1);
      stream.set(type, CarriedHash.FIELD, carriedHash.hashOf(name -> stream.get(type, name)));
    }
    return stream.read(streams);
  }
}
