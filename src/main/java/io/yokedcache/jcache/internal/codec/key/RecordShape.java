package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.internal.codec.serial.JavaStreams;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The shape of a record: its components in declared order. The canonical constructor creates it.
 * The record need not be Serializable.
 */
record RecordShape(
    String header, List<Class<?>> partTypes, List<Method> accessors, Constructor<?> constructor)
    implements ClassShape {

  static ClassShape of(Class<?> type) {
    List<Class<?>> types = new ArrayList<>();
    List<Method> accessors = new ArrayList<>();
    StringBuilder fields = new StringBuilder();
    for (RecordComponent component : type.getRecordComponents()) {
      Method accessor = component.getAccessor();
      if (!accessor.trySetAccessible()) {
        return new Shapeless("its module does not open it for reflection");
      }
      if (!Containers.canBecome(component.getType())) {
        return new Shapeless(
            "a " + component.getType().getName() + " (" + component.getName() + ") cannot be made");
      }
      types.add(component.getType());
      accessors.add(accessor);
      fields.append(component.getName()).append(':').append(component.getType().getName());
      fields.append(';');
    }
    try {
      Constructor<?> constructor = type.getDeclaredConstructor(types.toArray(Class<?>[]::new));
      constructor.setAccessible(true);
      return new RecordShape(
          ClassShape.header('R', type, fields.toString()),
          List.copyOf(types),
          List.copyOf(accessors),
          constructor);
    } catch (NoSuchMethodException e) {
      throw new IllegalStateException(type + " has no canonical constructor", e);
    }
  }

  @Override
  public @Nullable String obstacle() {
    return null;
  }

  @Override
  public @Nullable Object[] partsOf(Object object) {
    @Nullable Object[] parts = new @Nullable Object[accessors.size()];
    for (int i = 0; i < parts.length; i++) {
      try {
        parts[i] = accessors.get(i).invoke(object);
      } catch (IllegalAccessException | InvocationTargetException e) {
        throw new CodecException(
            "Component "
                + accessors.get(i).getName()
                + " of "
                + object.getClass().getName()
                + " could not be read",
            e);
      }
    }
    return parts;
  }

  @Override
  public Object create(@Nullable Object[] parts, JavaStreams streams) {
    try {
      return constructor.newInstance(parts);
    } catch (ReflectiveOperationException e) {
      throw new CodecException(
          "The constructor of " + constructor.getDeclaringClass().getName() + " refused the key",
          e);
    }
  }
}
