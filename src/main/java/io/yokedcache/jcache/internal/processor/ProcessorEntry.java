package io.yokedcache.jcache.internal.processor;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.internal.integration.DeclaredType;
import io.yokedcache.jcache.internal.integration.EntryLoader;
import java.util.function.Supplier;
import javax.cache.processor.MutableEntry;
import org.jspecify.annotations.Nullable;

/**
 * The mutable entry of an entry processor. It records the processor's decision, which is applied
 * after the processor returns. Used by one thread.
 */
public final class ProcessorEntry<K, V> implements MutableEntry<K, V> {

  /** The decision about the entry (JSR-107 1.1.1, Entry Processors). */
  public enum Action {
    /** Nothing: the processor did not even look. */
    NONE,
    /** The value was read. */
    ACCESS,
    /** There was none and it was loaded. */
    LOAD,
    /** There was none and it gets a value. */
    CREATE,
    /** It gets another value. */
    UPDATE,
    /** It is removed. */
    REMOVE
  }

  private final K key;
  private final boolean found;
  private final Supplier<@Nullable V> stored;
  private final EntryLoader<K, V> loader;
  private final DeclaredType<V> valueType;
  private Action action = Action.NONE;
  private @Nullable V value;
  private boolean loaded;

  /**
   * Creates the entry.
   *
   * @param found whether the cache has it
   * @param stored decodes the value that the cache has, at first need
   * @param valueType the type that a new value must have
   */
  ProcessorEntry(
      K key,
      boolean found,
      Supplier<@Nullable V> stored,
      EntryLoader<K, V> loader,
      DeclaredType<V> valueType) {
    this.key = key;
    this.found = found;
    this.stored = stored;
    this.loader = loader;
    this.valueType = valueType;
  }

  Action action() {
    return action;
  }

  /** Whether the loader was called, so that the decision depends on its answer. */
  boolean isLoaded() {
    return loaded;
  }

  /** The value to store, after {@code LOAD}, {@code CREATE} or {@code UPDATE}. */
  V newValue() {
    return requireNonNull(value, "value");
  }

  @Override
  public boolean exists() {
    return value != null || (action == Action.NONE && found);
  }

  @Override
  public K getKey() {
    return key;
  }

  @Override
  public @Nullable V getValue() {
    if (action == Action.NONE && found) {
      value = stored.get();
      action = Action.ACCESS;
    }
    if (value == null && (action == Action.NONE || action == Action.ACCESS) && loader.exists()) {
      loaded = true;
      value = loader.load(key);
      if (value != null) {
        action = Action.LOAD;
      }
    }
    return value;
  }

  @Override
  public void setValue(V newValue) {
    valueType.check(requireNonNull(newValue, "value"));
    value = newValue;
    action = found ? Action.UPDATE : Action.CREATE;
  }

  @Override
  public void remove() {
    value = null;
    action = action == Action.CREATE || action == Action.LOAD ? Action.NONE : Action.REMOVE;
  }

  @Override
  public <T> T unwrap(Class<T> type) {
    if (type.isInstance(this)) {
      return type.cast(this);
    }
    throw new IllegalArgumentException("A processor's entry cannot be unwrapped to " + type);
  }
}
