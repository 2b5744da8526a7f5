package io.yokedcache.jcache.internal.near;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.EntryStore;
import io.yokedcache.jcache.internal.store.Mutation;
import io.yokedcache.jcache.internal.store.Outcome;
import io.yokedcache.jcache.internal.store.StoredValue;
import io.yokedcache.jcache.internal.store.Ttl;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The entries in Redis for a cache that also has copies in this JVM: what is written here is not
 * read from a copy any more as soon as the write is over, whatever became of it. Reads go to Redis,
 * for those who are going to compare and write.
 */
public final class InvalidatingStore implements EntryStore {

  private final EntryStore far;
  private final NearCache<?> near;

  public InvalidatingStore(EntryStore far, NearCache<?> near) {
    this.far = far;
    this.near = near;
  }

  @Override
  public @Nullable Bytes get(Bytes key, Ttl onAccess) {
    return far.get(key, onAccess);
  }

  @Override
  public List<@Nullable Bytes> getAll(List<Bytes> keys, Ttl onAccess) {
    return far.getAll(keys, onAccess);
  }

  @Override
  public List<@Nullable StoredValue> getAllWithTtl(List<Bytes> keys) {
    return far.getAllWithTtl(keys);
  }

  @Override
  public boolean contains(Bytes key) {
    return far.contains(key);
  }

  @Override
  public List<Boolean> containsAll(List<Bytes> keys) {
    return far.containsAll(keys);
  }

  @Override
  public Iterator<List<Bytes>> scan() {
    return far.scan();
  }

  @Override
  public void touch(Bytes key, Ttl ttl) {
    try {
      far.touch(key, ttl);
    } finally {
      if (!ttl.isUnchanged()) {
        near.invalidate(key);
      }
    }
  }

  @Override
  public void touchAll(Map<Bytes, Ttl> ttls) {
    try {
      far.touchAll(ttls);
    } finally {
      ttls.forEach(
          (key, ttl) -> {
            if (!ttl.isUnchanged()) {
              near.invalidate(key);
            }
          });
    }
  }

  @Override
  public Outcome apply(Mutation mutation) {
    try {
      return far.apply(mutation);
    } finally {
      near.invalidate(mutation.key());
    }
  }

  @Override
  public List<Outcome> applyAll(List<Mutation> mutations) {
    try {
      return far.applyAll(mutations);
    } finally {
      mutations.forEach(mutation -> near.invalidate(mutation.key()));
    }
  }

  @Override
  public Pinned pin(Collection<Bytes> keys, boolean wereRead) {
    Pinned pinned = far.pin(keys, wereRead);
    return mutations -> {
      try {
        return pinned.applyAll(mutations);
      } finally {
        mutations.forEach(mutation -> near.invalidate(mutation.key()));
      }
    };
  }

  @Override
  public Set<String> clear() {
    try {
      return far.clear();
    } finally {
      near.flush();
    }
  }

  @Override
  public void destroy() {
    try {
      far.destroy();
    } finally {
      near.flush();
    }
  }
}
