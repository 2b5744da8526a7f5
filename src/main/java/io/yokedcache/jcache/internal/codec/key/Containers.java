package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.internal.codec.serial.AllowedClasses;
import java.lang.reflect.Constructor;
import java.lang.reflect.Modifier;
import java.util.AbstractMap.SimpleImmutableEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The forms of lists, sets and maps. Containers with equal content have equal forms, whatever their
 * class. A list is written as its elements in order, a set or map as its elements in the order of
 * their bytes. Containers are read back as {@code ArrayList}, {@code LinkedHashSet} or {@code
 * LinkedHashMap}, unless a field requires another class.
 */
final class Containers {

  private static final List<Class<?>> USUAL =
      List.of(
          ArrayList.class,
          LinkedHashSet.class,
          LinkedHashMap.class,
          TreeSet.class,
          TreeMap.class,
          SimpleImmutableEntry.class);

  private Containers() {}

  static void writeList(List<?> list, KeyWriter out) {
    out.text("#l");
    for (Object element : list) {
      out.value(element);
    }
  }

  static void writeSet(Set<?> set, KeyWriter out) {
    out.text("#s");
    int start = out.position();
    List<byte[]> forms = new ArrayList<>();
    for (Object element : set) {
      forms.add(out.take(element));
    }
    out.work().addTable(set, out.position() - start);
    out.rewind(start);
    forms.sort(Arrays::compareUnsigned);
    forms.forEach(out::taken);
  }

  static void writeMap(Map<?, ?> map, KeyWriter out) {
    out.text("#m");
    int start = out.position();
    List<byte[][]> forms = new ArrayList<>();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      forms.add(new byte[][] {out.take(entry.getKey()), out.take(entry.getValue())});
    }
    out.work().addTable(map.keySet(), out.position() - start);
    out.rewind(start);
    forms.sort((a, b) -> Arrays.compareUnsigned(a[0], b[0]));
    for (byte[][] form : forms) {
      out.taken(form[0]);
      out.taken(form[1]);
    }
  }

  static void writeEntry(Map.Entry<?, ?> entry, KeyWriter out) {
    out.text("#e");
    out.value(entry.getKey());
    out.value(entry.getValue());
  }

  static Object readSet(KeyReader in) {
    int sizeBytes = in.left();
    List<@Nullable Object> elements = in.values();
    in.work().addTable(elements, sizeBytes);
    return new LinkedHashSet<>(elements);
  }

  static Object readMap(KeyReader in) {
    int sizeBytes = in.left();
    List<@Nullable Object> keys = new ArrayList<>();
    List<@Nullable Object> values = new ArrayList<>();
    while (in.hasMore()) {
      keys.add(in.value());
      values.add(in.value());
    }
    in.work().addTable(keys, sizeBytes);
    Map<@Nullable Object, @Nullable Object> map = new LinkedHashMap<>();
    for (int i = 0; i < keys.size(); i++) {
      map.put(keys.get(i), values.get(i));
    }
    return map;
  }

  static Object readEntry(KeyReader in) {
    Object entry = new SimpleImmutableEntry<>(in.value(), in.value());
    if (in.hasMore()) {
      throw in.damaged("a map entry has more than two parts");
    }
    return entry;
  }

  /** Returns whether a field or parameter of this type accepts a value that was read. */
  static boolean canBecome(Class<?> type) {
    if (!isContainer(type)) {
      return true;
    }
    for (Class<?> usual : USUAL) {
      if (type.isAssignableFrom(usual)) {
        return true;
      }
    }
    return AllowedClasses.isPlatformClass(type) && hasPublicConstructor(type);
  }

  /** Returns the value, or a container of the wanted type with the same content. */
  static @Nullable Object become(@Nullable Object value, Class<?> type) {
    if (value == null || type.isInstance(value) || !isContainer(type)) {
      return value;
    }
    try {
      if (value instanceof Collection<?> elements && Collection.class.isAssignableFrom(type)) {
        Collection<@Nullable Object> container = newCollection(type);
        container.addAll(elements);
        return container;
      }
      if (value instanceof Map<?, ?> map && Map.class.isAssignableFrom(type)) {
        Map<@Nullable Object, @Nullable Object> container = newMap(type);
        container.putAll(map);
        return container;
      }
    } catch (ReflectiveOperationException e) {
      throw new CodecException("A " + type.getName() + " could not be made", e);
    }
    return value;
  }

  @SuppressWarnings("unchecked") // An empty collection takes any element.
  private static Collection<@Nullable Object> newCollection(Class<?> type)
      throws ReflectiveOperationException {
    return type.isAssignableFrom(TreeSet.class)
        ? new TreeSet<>()
        : (Collection<@Nullable Object>) type.getConstructor().newInstance();
  }

  @SuppressWarnings("unchecked") // An empty map takes any entry.
  private static Map<@Nullable Object, @Nullable Object> newMap(Class<?> type)
      throws ReflectiveOperationException {
    return type.isAssignableFrom(TreeMap.class)
        ? new TreeMap<>()
        : (Map<@Nullable Object, @Nullable Object>) type.getConstructor().newInstance();
  }

  private static boolean isContainer(Class<?> type) {
    return Collection.class.isAssignableFrom(type)
        || Map.class.isAssignableFrom(type)
        || Map.Entry.class.isAssignableFrom(type);
  }

  private static boolean hasPublicConstructor(Class<?> type) {
    if (Modifier.isAbstract(type.getModifiers())) {
      return false;
    }
    for (Constructor<?> constructor : type.getConstructors()) {
      if (constructor.getParameterCount() == 0) {
        return true;
      }
    }
    return false;
  }
}
