package io.yokedcache.jcache.internal.entry;

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
 * The entries of a cache that has a loader: each change overtakes the loads of its key that are
 * under way. Loads themselves store through {@link #pin}, which overtakes nothing.
 */
final class LoadInvalidatingStore implements EntryStore {

  private final EntryStore entries;
  private final LoadTracker loads;

  LoadInvalidatingStore(EntryStore entries, LoadTracker loads) {
    this.entries = entries;
    this.loads = loads;
  }

  @Override
  public @Nullable Bytes get(Bytes key, Ttl onAccess) {
    return entries.get(key, onAccess);
  }

  @Override
  public List<@Nullable Bytes> getAll(List<Bytes> keys, Ttl onAccess) {
    return entries.getAll(keys, onAccess);
  }

  @Override
  public List<@Nullable StoredValue> getAllWithTtl(List<Bytes> keys) {
    return entries.getAllWithTtl(keys);
  }

  @Override
  public boolean contains(Bytes key) {
    return entries.contains(key);
  }

  @Override
  public List<Boolean> containsAll(List<Bytes> keys) {
    return entries.containsAll(keys);
  }

  @Override
  public void touch(Bytes key, Ttl ttl) {
    entries.touch(key, ttl);
  }

  @Override
  public void touchAll(Map<Bytes, Ttl> ttls) {
    entries.touchAll(ttls);
  }

  @Override
  public Outcome apply(Mutation mutation) {
    loads.overtake(mutation.key());
    return entries.apply(mutation);
  }

  @Override
  public List<Outcome> applyAll(List<Mutation> mutations) {
    mutations.forEach(mutation -> loads.overtake(mutation.key()));
    return entries.applyAll(mutations);
  }

  @Override
  public Pinned pin(Collection<Bytes> keys, boolean wereRead) {
    return entries.pin(keys, wereRead);
  }

  @Override
  public Set<String> clear() {
    loads.overtakeAll();
    return entries.clear();
  }

  @Override
  public void destroy() {
    loads.overtakeAll();
    entries.destroy();
  }

  @Override
  public Iterator<List<Bytes>> scan() {
    return entries.scan();
  }
}
