package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.internal.codec.serial.AllowedClasses;
import io.yokedcache.jcache.internal.codec.serial.JavaStreams;
import java.io.Externalizable;
import java.io.ObjectOutputStream;
import java.io.ObjectStreamClass;
import java.io.ObjectStreamField;
import java.io.Serializable;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * The parts of the objects of one class. Of a record these are its components in declared order,
 * read by its accessors, which need no open package; the canonical constructor creates it, and it
 * need not be Serializable. Of a Serializable class with default serialisation they are its fields,
 * superclass first and sorted by name within a class, because reflection guarantees no order. Java
 * deserialisation of a generated stream ({@link PartStream}) creates its objects: it runs no
 * constructor, sets final fields, and runs {@code readObject} and {@code readResolve} as usual.
 * Other classes have no canonical form. Immutable.
 *
 * @param obstacle the reason why the class has no canonical form, for messages, or {@code null} if
 *     it has one
 * @param header the prefix of the form of every object of this class
 * @param classes the class, and before it its Serializable superclasses if it is no record
 * @param members what the parts are read from: fields, or the accessors of a record
 * @param constructor the canonical constructor of a record, else {@code null}
 */
record ObjectShape(
    @Nullable String obstacle,
    String header,
    List<Class<?>> classes,
    List<Member> members,
    @Nullable Constructor<?> constructor) {

  /**
   * The components of the shape of a class: {@link #obstacle} alone, or the others. Each array is
   * attached to its class and is collected with it. It has objects of the JDK only: an object of
   * this library, attached to a class of the server's loader, would hold the loader of the
   * application that contains this library.
   */
  private static final ClassValue<@Nullable Object[]> PARTS =
      new ClassValue<>() {
        @Override
        protected @Nullable Object[] computeValue(Class<?> type) {
          ObjectShape shape = type.isRecord() ? ofRecord(type) : ofValueClass(type);
          return shape.obstacle != null
              ? new Object[] {shape.obstacle}
              : new @Nullable Object[] {
                shape.header, shape.classes, shape.members, shape.constructor
              };
        }
      };

  @SuppressWarnings("unchecked") // The array has the layout of PARTS.
  static ObjectShape of(Class<?> type) {
    if (AllowedClasses.isPlatformClass(type) || Proxy.isProxyClass(type)) {
      return without("it is a class of the JDK that this codec does not know");
    }
    @Nullable Object[] parts = PARTS.get(type);
    return parts.length == 1
        ? without(String.valueOf(parts[0]))
        : new ObjectShape(
            /* obstacle= */ null,
            String.valueOf(parts[0]),
            (List<Class<?>>) parts[1],
            (List<Member>) parts[2],
            (Constructor<?>) parts[3]);
  }

  private static ObjectShape without(String obstacle) {
    return new ObjectShape(obstacle, /* header= */ "", List.of(), List.of(), null);
  }

  /**
   * The header of a class: its name and a checksum of its fields. When the fields change, the keys
   * change, so an old key is never read as a new one.
   */
  private static String header(char tag, Class<?> type, String fields) {
    CRC32 checksum = new CRC32();
    checksum.update(fields.getBytes(StandardCharsets.UTF_8));
    String digits = HexFormat.of().toHexDigits(checksum.getValue(), 2 * Integer.BYTES);
    return "#" + tag + type.getName() + "@" + digits + ";";
  }

  private static ObjectShape ofRecord(Class<?> type) {
    RecordComponent[] components = type.getRecordComponents();
    Class<?>[] types = new Class<?>[components.length];
    List<Member> members = new ArrayList<>();
    StringBuilder names = new StringBuilder();
    for (int i = 0; i < components.length; i++) {
      Method accessor = components[i].getAccessor();
      String obstacle = obstacleIn(accessor, accessor, accessor.getName());
      if (obstacle != null) {
        return without(obstacle);
      }
      types[i] = accessor.getReturnType();
      members.add(accessor);
      append(names, accessor);
    }
    try {
      Constructor<?> constructor = type.getDeclaredConstructor(types);
      constructor.setAccessible(true);
      String header = header('R', type, names.toString());
      return new ObjectShape(null, header, List.of(type), List.copyOf(members), constructor);
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(type + " has no canonical constructor", e);
    }
  }

  private static ObjectShape ofValueClass(Class<?> type) {
    if (!Serializable.class.isAssignableFrom(type)) {
      return without("it is not Serializable");
    }
    Deque<Class<?>> classes = new ArrayDeque<>();
    for (Class<?> c = type; c != null && c != Object.class; c = c.getSuperclass()) {
      String obstacle = obstacleIn(c);
      if (obstacle != null) {
        return without(obstacle);
      }
      if (Serializable.class.isAssignableFrom(c)) {
        classes.addFirst(c);
      } else if (hasState(c)) {
        throw forgotten(c, type);
      }
    }
    CarriedHash carriedHash = CarriedHash.of(type);
    List<Member> members = new ArrayList<>();
    StringBuilder names = new StringBuilder();
    for (Class<?> c : classes) {
      for (ObjectStreamField streamed : serializedFields(c)) {
        Field field = field(c, streamed);
        String obstacle = obstacleIn(field, field, streamed.getName());
        if (obstacle != null || field == null) {
          return without(String.valueOf(obstacle));
        }
        if (carriedHash == null || !field.getName().equals(CarriedHash.FIELD)) {
          members.add(field);
          append(names, field);
        }
      }
      names.append('/');
    }
    String header = header('O', type, names.toString());
    return new ObjectShape(null, header, List.copyOf(classes), List.copyOf(members), null);
  }

  private static void append(StringBuilder names, Member member) {
    names.append(member.getName()).append(':').append(typeOf(member).getName()).append(';');
  }

  static Class<?> typeOf(Member member) {
    return member instanceof Method accessor
        ? accessor.getReturnType()
        : ((Field) member).getType();
  }

  /** Returns why a part cannot be read from a member, or {@code null}. */
  private static @Nullable String obstacleIn(
      @Nullable Member member, @Nullable AccessibleObject same, String name) {
    if (member == null || same == null) {
      return "it has no field " + name;
    }
    if (!same.trySetAccessible()) {
      return "its module does not open " + name + " for reflection";
    }
    return Containers.canBecome(typeOf(member))
        ? null
        : "a " + typeOf(member).getName() + " (" + name + ") cannot be made";
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

  private static CodecException forgotten(Class<?> superclass, Class<?> type) {
    return new CodecException(
        "Class "
            + superclass.getName()
            + " has fields and is not Serializable, so that different keys of its subclass "
            + type.getName()
            + " would be taken for the same; make it Serializable or set a key codec of your own",
        null);
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
    return Arrays.stream(type.getDeclaredFields())
        .mapToInt(Field::getModifiers)
        .anyMatch(modifiers -> !Modifier.isStatic(modifiers) && !Modifier.isTransient(modifiers));
  }

  private static List<ObjectStreamField> serializedFields(Class<?> type) {
    return Arrays.stream(ObjectStreamClass.lookup(type).getFields())
        .sorted(Comparator.comparing(ObjectStreamField::getName))
        .toList();
  }

  /** Returns the field, or {@code null} if the class lists a field that it does not have. */
  private static @Nullable Field field(Class<?> type, ObjectStreamField streamed) {
    try {
      return type.getDeclaredField(streamed.getName());
    } catch (NoSuchFieldException listedOnly) {
      return null;
    }
  }

  @Nullable Object[] partsOf(Object object) {
    @Nullable Object[] parts = new @Nullable Object[members.size()];
    for (int i = 0; i < parts.length; i++) {
      try {
        parts[i] =
            members.get(i) instanceof Method accessor
                ? accessor.invoke(object)
                : ((Field) members.get(i)).get(object);
      } catch (IllegalAccessException | InvocationTargetException e) {
        throw new CodecException(members.get(i) + " could not be read", e);
      }
    }
    return parts;
  }

  Object create(@Nullable Object[] parts, JavaStreams streams) {
    Class<?> type = classes.get(classes.size() - 1);
    if (constructor != null) {
      try {
        return constructor.newInstance(parts);
      } catch (ReflectiveOperationException e) {
        throw new CodecException("The constructor of " + type.getName() + " refused the key", e);
      }
    }
    PartStream stream = new PartStream(classes);
    for (int i = 0; i < parts.length; i++) {
      stream.set(members.get(i).getDeclaringClass(), members.get(i).getName(), parts[i]);
    }
    CarriedHash carriedHash = CarriedHash.of(type);
    if (carriedHash != null) {
      stream.set(type, CarriedHash.FIELD, carriedHash.hashOf(name -> stream.get(type, name)));
    }
    return stream.read(streams);
  }
}
