package io.yokedcache.jcache.internal.near;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.EntryStore;
import io.yokedcache.jcache.internal.store.Mutation;
import io.yokedcache.jcache.internal.store.Mutation.Outcome;
import io.yokedcache.jcache.internal.store.StoredValue;
import io.yokedcache.jcache.internal.store.Ttl;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The entries in Redis of a cache with a near cache. When a write ends, successful or not, the near
 * entry of its key is dropped. Reads go to Redis.
 */
public final class InvalidatingStore implements EntryStore {

  private final EntryStore redis;
  private final NearCache<?> near;

  public InvalidatingStore(EntryStore redis, NearCache<?> near) {
    this.redis = redis;
    this.near = near;
  }

  @Override
  public @Nullable Bytes get(Bytes key, Ttl onAccess) {
    return redis.get(key, onAccess);
  }

  @Override
  public List<@Nullable Bytes> getAll(List<Bytes> keys, Ttl onAccess) {
    return redis.getAll(keys, onAccess);
  }

  @Override
  public List<@Nullable StoredValue> getAllWithTtl(List<Bytes> keys) {
    return redis.getAllWithTtl(keys);
  }

  @Override
  public boolean contains(Bytes key) {
    return redis.contains(key);
  }

  @Override
  public List<Boolean> containsAll(List<Bytes> keys) {
    return redis.containsAll(keys);
  }

  @Override
  public Iterator<List<Bytes>> scan() {
    return redis.scan();
  }

  @Override
  public void touch(Bytes key, Ttl ttl) {
    try {
      redis.touch(key, ttl);
    } finally {
      if (!ttl.isUnchanged()) {
        near.invalidate(key);
      }
    }
  }

  @Override
  public void touchAll(Map<Bytes, Ttl> ttls) {
    try {
      redis.touchAll(ttls);
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
      return redis.apply(mutation);
    } finally {
      near.invalidate(mutation.key());
    }
  }

  @Override
  public List<Outcome> applyAll(List<Mutation> mutations) {
    try {
      return redis.applyAll(mutations);
    } finally {
      mutations.forEach(mutation -> near.invalidate(mutation.key()));
    }
  }

  @Override
  public Pinned pin(Collection<Bytes> keys, boolean wereRead) {
    Pinned pinned = redis.pin(keys, wereRead);
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
      return redis.clear();
    } finally {
      near.flush();
    }
  }

  @Override
  public void destroy() {
    try {
      redis.destroy();
    } finally {
      near.flush();
    }
  }
}
