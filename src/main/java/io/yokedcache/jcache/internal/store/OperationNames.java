package io.yokedcache.jcache.internal.store;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * The names of a cache's operations in messages. Each is made once, at its first use: every
 * operation needs one, and most caches use few. Safe for use by several threads.
 */
final class OperationNames {

  private static final String[] OPERATIONS = {
    "get",
    "getAll",
    "containsKey",
    "touch",
    "put",
    "remove",
    "putAll",
    "removeAll",
    "iterator",
    "verification of the generation",
    "owed removal",
    "load lease",
    "refresh lease",
    "ttl",
    "expire",
    "invalidateTags"
  };

  private final String cacheName;
  private final AtomicReferenceArray<@Nullable String> names =
      new AtomicReferenceArray<>(OPERATIONS.length);

  OperationNames(String cacheName) {
    this.cacheName = cacheName;
  }

  String get() {
    return name(0);
  }

  String getAll() {
    return name(1);
  }

  String containsKey() {
    return name(2);
  }

  String touch() {
    return name(3);
  }

  String put() {
    return name(4);
  }

  String remove() {
    return name(5);
  }

  String putAll() {
    return name(6);
  }

  String removeAll() {
    return name(7);
  }

  String iterator() {
    return name(8);
  }

  String owed() {
    return name(10);
  }

  String loadLease() {
    return name(11);
  }

  String refreshLease() {
    return name(12);
  }

  String ttl() {
    return name(13);
  }

  String expire() {
    return name(14);
  }

  String invalidateTags() {
    return name(15);
  }

  String verify() {
    return name(9);
  }

  private String name(int index) {
    String name = names.get(index);
    if (name == null) {
      name = OPERATIONS[index] + " on cache " + cacheName;
      names.set(index, name);
    }
    return name;
  }
}
