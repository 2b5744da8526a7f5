package io.yokedcache.benchmarks.load;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/** One operation of each workload: makes its arguments, times it alone, and checks its answer. */
final class Steps {

  /** Keys of a bulk operation, and entries of the cache that is cleared. */
  static final int BULK = 100;

  private static final int READS_AND_WRITE = 10;

  private Steps() {}

  static void run(Workload workload, Worker worker) {
    switch (workload) {
      case GET -> get(worker, worker.randomKey());
      case GET_MISS -> getMiss(worker);
      case PUT -> put(worker, worker.randomKey());
      case PUT_TTL -> putExpiring(worker);
      case MIX -> mix(worker);
      case GET_ALL -> getAll(worker);
      case PUT_ALL -> putAll(worker);
      case PUT_IF_ABSENT -> putIfAbsent(worker);
      case REPLACE -> replace(worker);
      case INVOKE -> invoke(worker);
      case REMOVE_PUT -> removeAndPut(worker);
      case CLEAR -> clear(worker);
      case TRACE -> trace(worker);
    }
  }

  private static void get(Worker worker, int key) {
    String name = worker.keys().name(key);
    byte[] value = worker.time(() -> worker.target().get(name));
    worker.check(value != null && worker.keys().isValue(key, value));
  }

  private static void getMiss(Worker worker) {
    String absent = "absent:" + worker.randomKey();
    worker.check(worker.time(() -> worker.target().get(absent)) == null);
  }

  private static void put(Worker worker, int key) {
    String name = worker.keys().name(key);
    byte[] value = worker.keys().value(key);
    worker.perform(() -> worker.target().put(name, value));
  }

  private static void putExpiring(Worker worker) {
    int key = worker.randomKey();
    String name = worker.keys().name(key);
    byte[] value = worker.keys().value(key);
    worker.perform(() -> worker.target().putExpiring(name, value));
  }

  private static void mix(Worker worker) {
    int key = worker.keys().skewed(worker.nextPlace());
    if (ThreadLocalRandom.current().nextInt(READS_AND_WRITE) == 0) {
      put(worker, key);
    } else {
      get(worker, key);
    }
  }

  private static void getAll(Worker worker) {
    int first = worker.randomKey();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < BULK; i++) {
      names.add(worker.keys().name((first + i) % worker.keys().count()));
    }
    Map<String, byte[]> found = worker.time(() -> worker.target().getAll(names));
    byte[] value = found.get(worker.keys().name(first));
    worker.check(
        found.size() == names.size() && value != null && worker.keys().isValue(first, value));
  }

  private static void putAll(Worker worker) {
    Map<String, byte[]> entries = entries(worker);
    worker.perform(() -> worker.target().putAll(entries));
  }

  private static Map<String, byte[]> entries(Worker worker) {
    int first = worker.randomKey();
    Map<String, byte[]> entries = new HashMap<>();
    for (int i = 0; i < BULK; i++) {
      int key = (first + i) % worker.keys().count();
      entries.put(worker.keys().name(key), worker.keys().value(key));
    }
    return entries;
  }

  private static void putIfAbsent(Worker worker) {
    int key = worker.randomKey();
    String name = worker.keys().name(key);
    byte[] value = worker.keys().value(key);
    worker.check(!worker.time(() -> worker.target().putIfAbsent(name, value)));
  }

  private static void replace(Worker worker) {
    int key = worker.randomKey();
    String name = worker.keys().name(key);
    byte[] value = worker.keys().value(key);
    worker.check(worker.time(() -> worker.target().replace(name, value)));
  }

  private static void invoke(Worker worker) {
    int key = worker.randomKey();
    String name = worker.keys().name(key);
    byte[] value = worker.keys().value(key);
    byte[] before = worker.time(() -> worker.target().exchange(name, value));
    worker.check(before != null && worker.keys().isValue(key, before));
  }

  private static void removeAndPut(Worker worker) {
    int key = worker.ownKey();
    String name = worker.keys().name(key);
    byte[] value = worker.keys().value(key);
    worker.check(
        worker.time(
            () -> {
              boolean removed = worker.target().remove(name);
              worker.target().put(name, value);
              return removed;
            }));
  }

  private static void clear(Worker worker) {
    worker.ownCache().putAll(entries(worker));
    worker.perform(worker.ownCache()::clear);
  }

  private static void trace(Worker worker) {
    int key = worker.traceKey();
    String name = worker.traceName(key);
    byte[] found =
        worker.time(
            () -> {
              byte[] value = worker.target().get(name);
              if (value == null) {
                worker.target().put(name, worker.keys().value(key));
              }
              return value;
            });
    worker.check(found == null || worker.keys().isValue(key, found));
  }
}
