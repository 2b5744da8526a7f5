package io.yokedcache.jcache.internal.codec.value;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The collections, maps and arrays of objects that a compact value can have. Each is read as an
 * object of the class that was written, so {@code List.of} stays unmodifiable. Objects of other
 * classes, and of subclasses, have no compact form.
 */
enum CompactContainer {
  ARRAY_LIST('A', ArrayList.class),
  LIST_OF('T', List.of().getClass()),
  HASH_SET('H', HashSet.class),
  LINKED_HASH_SET('K', LinkedHashSet.class),
  SET_OF('V', Set.of().getClass()),
  HASH_MAP('h', HashMap.class),
  LINKED_HASH_MAP('k', LinkedHashMap.class),
  MAP_OF('v', Map.of().getClass()),
  STRING_ARRAY('a', String[].class);

  private static final int MAX_CAPACITY = 1 << 30;

  private static final Map<Class<?>, CompactContainer> BY_CLASS = byClass();
  private static final @Nullable CompactContainer[] BY_TAG = byTag();

  private final byte tag;
  private final Class<?> type;

  CompactContainer(char tag, Class<?> type) {
    this.tag = (byte) tag;
    this.type = type;
  }

  /** The immutable collections have two classes each, by the number of elements. */
  private static Map<Class<?>, CompactContainer> byClass() {
    Map<Class<?>, CompactContainer> containers = new HashMap<>();
    containers.put(List.of(1).getClass(), LIST_OF);
    containers.put(Set.of(1).getClass(), SET_OF);
    containers.put(Map.of(1, 1).getClass(), MAP_OF);
    for (CompactContainer container : values()) {
      containers.put(container.type, container);
    }
    return Map.copyOf(containers);
  }

  private static @Nullable CompactContainer[] byTag() {
    @Nullable CompactContainer[] containers = new CompactContainer[Byte.MAX_VALUE + 1];
    for (CompactContainer container : values()) {
      containers[container.tag] = container;
    }
    return containers;
  }

  /** Returns the container of exactly this class, or {@code null}. */
  static @Nullable CompactContainer of(Class<?> type) {
    return BY_CLASS.get(type);
  }

  /** Returns the container with this tag, or {@code null}. */
  static @Nullable CompactContainer ofTag(byte tag) {
    return tag < 0 ? null : BY_TAG[tag];
  }

  /** Returns whether a component of this type can hold a container. */
  static boolean canBe(Class<?> type) {
    return BY_CLASS.keySet().stream().anyMatch(type::isAssignableFrom);
  }

  /** Returns the class of the objects, or one with the same supertypes. */
  Class<?> type() {
    return type;
  }

  byte tag() {
    return tag;
  }

  /** Returns whether the elements are keys and values in turns. */
  boolean isMap() {
    return this == HASH_MAP || this == LINKED_HASH_MAP || this == MAP_OF;
  }

  /** Returns whether the container finds its elements or keys by hash codes. */
  boolean hashes() {
    return this != ARRAY_LIST && this != LIST_OF && this != STRING_ARRAY;
  }

  /** Returns whether the container compares all keys with equal hash codes, and orders none. */
  boolean probes() {
    return this == SET_OF || this == MAP_OF;
  }

  boolean isArray() {
    return this == STRING_ARRAY;
  }

  boolean isMutable() {
    return this != LIST_OF && !probes();
  }

  /**
   * Creates the container.
   *
   * @throws RuntimeException if the class of the container refuses the elements
   */
  Object of(@Nullable Object[] elements) {
    int keys = isMap() ? elements.length / 2 : elements.length;
    // A table of this capacity holds the keys without growth.
    int capacity = (int) Math.min(MAX_CAPACITY, keys * 4L / 3 + 1);
    return switch (this) {
      case ARRAY_LIST -> new ArrayList<>(Arrays.asList(elements));
      case LIST_OF -> List.of(elements);
      case HASH_SET -> fill(new HashSet<>(capacity), elements);
      case LINKED_HASH_SET -> fill(new LinkedHashSet<>(capacity), elements);
      case SET_OF -> Set.of(elements);
      case HASH_MAP -> fill(new HashMap<>(capacity), elements);
      case LINKED_HASH_MAP -> fill(new LinkedHashMap<>(capacity), elements);
      case MAP_OF -> mapOf(elements);
      case STRING_ARRAY -> Arrays.copyOf(elements, elements.length, String[].class);
    };
  }

  private static Set<Object> fill(Set<Object> set, @Nullable Object[] elements) {
    for (Object element : elements) {
      set.add(element);
    }
    return set;
  }

  private static Map<Object, Object> fill(Map<Object, Object> map, @Nullable Object[] elements) {
    for (int i = 0; i < elements.length; i += 2) {
      map.put(elements[i], elements[i + 1]);
    }
    return map;
  }

  private static Map<?, ?> mapOf(@Nullable Object[] elements) {
    Map.Entry<?, ?>[] entries = new Map.Entry<?, ?>[elements.length / 2];
    for (int i = 0; i < entries.length; i++) {
      entries[i] = Map.entry(elements[2 * i], elements[2 * i + 1]);
    }
    return Map.ofEntries(entries);
  }
}
