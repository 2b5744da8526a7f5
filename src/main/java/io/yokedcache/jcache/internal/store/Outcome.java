package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.redis.Bytes;
import org.jspecify.annotations.Nullable;

/**
 * What came of a {@link Mutation}.
 *
 * @param change what it did
 * @param prior the bytes found before, if the mutation wanted them or {@link Condition#EQUAL} did
 *     not hold, and {@code null} if there was no entry or nobody asked
 */
public record Outcome(Change change, @Nullable Bytes prior) {

  /** The same for who takes what was there before for nothing: an update created the entry. */
  public Outcome asCreation() {
    return change == Change.UPDATED ? new Outcome(Change.CREATED, null) : this;
  }

  /** Nothing was done. */
  public static final Outcome NONE = new Outcome(Change.NONE, null);
}
