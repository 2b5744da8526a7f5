package io.yokedcache.jcache.internal.codec.key;

import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.List;

/**
 * The computed shapes. Each is attached to its class and is collected with it. A shape is stored as
 * an array of JDK types: an object of this library, attached to a class of the server's loader,
 * would hold the loader of the application that contains this library.
 */
final class ShapeCache {

  private static final ClassValue<Object[]> PARTS =
      new ClassValue<>() {
        @Override
        protected Object[] computeValue(Class<?> type) {
          return partsOf(type.isRecord() ? RecordShape.of(type) : ValueShape.of(type));
        }
      };

  private ShapeCache() {}

  static ClassShape of(Class<?> type) {
    return shapeOf(PARTS.get(type), type);
  }

  private static Object[] partsOf(ClassShape shape) {
    if (shape instanceof RecordShape r) {
      return new Object[] {r.header(), r.partTypes(), r.accessors(), r.constructor()};
    }
    if (shape instanceof ValueShape v) {
      return new Object[] {v.header(), v.classes(), v.fields()};
    }
    return new Object[] {String.valueOf(shape.obstacle())};
  }

  @SuppressWarnings("unchecked") // The array has the layout of partsOf.
  private static ClassShape shapeOf(Object[] parts, Class<?> type) {
    return switch (parts.length) {
      case 4 ->
          new RecordShape(
              (String) parts[0],
              (List<Class<?>>) parts[1],
              (List<Method>) parts[2],
              (Constructor<?>) parts[3]);
      case 3 ->
          new ValueShape(
              (String) parts[0],
              (List<Class<?>>) parts[1],
              (List<Field>) parts[2],
              CarriedHash.of(type));
      default -> new ClassShape.Shapeless((String) parts[0]);
    };
  }
}
