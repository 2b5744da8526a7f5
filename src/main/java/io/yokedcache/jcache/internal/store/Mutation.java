package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.redis.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * One atomic, conditional change of one entry.
 *
 * @param key the entry's key
 * @param condition what must hold
 * @param expected the bytes that {@link Condition#EQUAL} compares with, else {@code null}
 * @param value the new value, or {@code null} to remove the entry
 * @param onCreation time to live if the entry is created
 * @param onUpdate time to live if it is updated
 * @param wantsPrior whether the outcome shall carry the value found
 * @param wantsChange whether the outcome must tell a creation from an update
 */
public record Mutation(
    Bytes key,
    Condition condition,
    @Nullable Bytes expected,
    @Nullable Bytes value,
    Ttl onCreation,
    Ttl onUpdate,
    boolean wantsPrior,
    boolean wantsChange) {

  /** A removal. */
  public static Mutation remove(
      Bytes key, Condition condition, @Nullable Bytes expected, boolean wantsPrior) {
    return new Mutation(
        key, condition, expected, null, Ttl.UNCHANGED, Ttl.UNCHANGED, wantsPrior, false);
  }

  /** The creation of the entry in place of bytes that are none. */
  public Mutation creatingInPlaceOf(Bytes bytes) {
    return new Mutation(
        key, Condition.EQUAL, bytes, value, onCreation, onCreation, false, wantsChange);
  }

  /** The same change on the condition that the entry's bytes are these. */
  public Mutation ifEqual(Bytes bytes) {
    return new Mutation(
        key, Condition.EQUAL, bytes, value, onCreation, onUpdate, wantsPrior, wantsChange);
  }
}
