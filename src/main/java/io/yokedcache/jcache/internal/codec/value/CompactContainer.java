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
 * The collections and maps that a compact value can have. Each is read as an object of the class
 * that was written, so {@code List.of} stays unmodifiable. Objects of other classes, and of
 * subclasses, have no compact form.
 */
enum CompactContainer {
  ARRAY_LIST('A'),
  LIST_OF('T'),
  HASH_SET('H'),
  LINKED_HASH_SET('K'),
  SET_OF('V'),
  HASH_MAP('h'),
  LINKED_HASH_MAP('k'),
  MAP_OF('v');

  private static final int MAX_CAPACITY = 1 << 30;

  /** The immutable collections have two classes each, by the number of elements. */
  private static final Map<Class<?>, CompactContainer> BY_CLASS =
      Map.ofEntries(
          Map.entry(ArrayList.class, ARRAY_LIST),
          Map.entry(List.of().getClass(), LIST_OF),
          Map.entry(List.of(1).getClass(), LIST_OF),
          Map.entry(HashSet.class, HASH_SET),
          Map.entry(LinkedHashSet.class, LINKED_HASH_SET),
          Map.entry(Set.of().getClass(), SET_OF),
          Map.entry(Set.of(1).getClass(), SET_OF),
          Map.entry(HashMap.class, HASH_MAP),
          Map.entry(LinkedHashMap.class, LINKED_HASH_MAP),
          Map.entry(Map.of().getClass(), MAP_OF),
          Map.entry(Map.of(1, 1).getClass(), MAP_OF));

  private static final @Nullable CompactContainer[] BY_TAG = byTag();

  private final byte tag;

  CompactContainer(char tag) {
    this.tag = (byte) tag;
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

  byte tag() {
    return tag;
  }

  /** Returns whether the elements are keys and values in turns. */
  boolean isMap() {
    return this == HASH_MAP || this == LINKED_HASH_MAP || this == MAP_OF;
  }

  /** Returns whether the container finds its elements or keys by hash codes. */
  boolean hashes() {
    return this != ARRAY_LIST && this != LIST_OF;
  }

  /** Returns whether the container compares all keys with equal hash codes, and orders none. */
  boolean probes() {
    return this == SET_OF || this == MAP_OF;
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
