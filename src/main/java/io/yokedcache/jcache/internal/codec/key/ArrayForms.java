package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.internal.codec.serial.AllowedClasses;
import io.yokedcache.jcache.internal.codec.serial.ClassResolver;
import java.lang.reflect.Array;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The forms of arrays: a byte array is written unchanged, other arrays are written as their element
 * type and their elements. Arrays in keys are compared by content, although Java compares arrays by
 * identity.
 */
record ArrayForms(AllowedClasses allowed, ClassResolver resolver) {

  void write(Object array, KeyWriter out) {
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

  Object read(KeyReader in) {
    String name = in.until(';');
    int dimensions = 0;
    while (dimensions < name.length() && name.charAt(dimensions) == '[') {
      dimensions++;
    }
    allowed.checkName(name.substring(dimensions), resolver);
    Class<?> component = resolver.get(name.substring(dimensions));
    allowed.checkWithJvmFilter(component);
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
}
