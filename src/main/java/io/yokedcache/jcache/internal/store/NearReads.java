package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.store.RedisEntryStore.Found;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads of entries from copies in this JVM, and of the others from Redis. */
final class NearReads implements EntryReads {

  private final NearCache near;
  private final RedisEntryStore far;

  NearReads(NearCache near, RedisEntryStore far) {
    this.near = near;
    this.far = far;
  }

  @Override
  public @Nullable Bytes get(Bytes key, Ttl onAccess) {
    if (!onAccess.isUnchanged()) {
      return far.get(key, onAccess);
    }
    Bytes copy = near.get(key);
    return copy != null ? copy : read(List.of(key)).get(0);
  }

  @Override
  public List<@Nullable Bytes> getAll(List<Bytes> keys, Ttl onAccess) {
    if (!onAccess.isUnchanged()) {
      return far.getAll(keys, onAccess);
    }
    List<@Nullable Bytes> values = new ArrayList<>(Collections.nCopies(keys.size(), null));
    List<Bytes> missing = new ArrayList<>();
    List<Integer> places = new ArrayList<>();
    for (int i = 0; i < keys.size(); i++) {
      Bytes copy = near.get(keys.get(i));
      if (copy == null) {
        missing.add(keys.get(i));
        places.add(i);
      } else {
        values.set(i, copy);
      }
    }
    if (!missing.isEmpty()) {
      List<@Nullable Bytes> found = read(missing);
      for (int i = 0; i < found.size(); i++) {
        values.set(places.get(i), found.get(i));
      }
    }
    return values;
  }

  private List<@Nullable Bytes> read(List<Bytes> keys) {
    long[] tickets = keys.stream().mapToLong(near::ticket).toArray();
    long startNanos = System.nanoTime();
    List<@Nullable Found> found = far.getAllWithTtl(keys);
    List<@Nullable Bytes> values = new ArrayList<>(keys.size());
    for (int i = 0; i < keys.size(); i++) {
      Found entry = found.get(i);
      if (entry == null) {
        values.add(null);
      } else {
        values.add(entry.value());
        near.keep(keys.get(i), entry.value(), tickets[i], startNanos, entry.ttlMillis());
      }
    }
    return values;
  }
}
