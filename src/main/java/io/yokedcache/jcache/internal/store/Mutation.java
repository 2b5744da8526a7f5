package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.redis.Bytes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One atomic, conditional change of one entry.
 *
 * @param expected the bytes that {@link Condition#EQUAL} compares with, else {@code null}
 * @param value the new value, or {@code null} to remove the entry
 * @param onCreation time to live if the entry is created
 * @param onUpdate time to live if it is updated
 * @param wantsPrior whether the outcome has the bytes before the change
 * @param wantsChange whether the outcome tells a creation from an update
 * @param tags the tags of the new value; none in a cache without tags
 */
public record Mutation(
    Bytes key,
    Condition condition,
    @Nullable Bytes expected,
    @Nullable Bytes value,
    Ttl onCreation,
    Ttl onUpdate,
    boolean wantsPrior,
    boolean wantsChange,
    List<Bytes> tags) {

  /** A change that leaves an entry without tags. */
  public Mutation(
      Bytes key,
      Condition condition,
      @Nullable Bytes expected,
      @Nullable Bytes value,
      Ttl onCreation,
      Ttl onUpdate,
      boolean wantsPrior,
      boolean wantsChange) {
    this(key, condition, expected, value, onCreation, onUpdate, wantsPrior, wantsChange, List.of());
  }

  /** The same change, which gives the entry tags. */
  public Mutation withTags(List<Bytes> some) {
    return some.isEmpty()
        ? this
        : new Mutation(
            key, condition, expected, value, onCreation, onUpdate, wantsPrior, wantsChange, some);
  }

  /** A removal of which neither the prior value nor the event is wanted. */
  public static Mutation remove(Bytes key, Condition condition, @Nullable Bytes expected) {
    return new Mutation(
        key,
        condition,
        expected,
        /* value= */ null,
        Ttl.UNCHANGED,
        Ttl.UNCHANGED,
        /* wantsPrior= */ false,
        /* wantsChange= */ false);
  }

  /** The same creation in place of bytes that count as no entry. */
  public Mutation creatingInPlaceOf(Bytes bytes) {
    return new Mutation(
        key,
        Condition.EQUAL,
        bytes,
        value,
        onCreation,
        onCreation,
        /* wantsPrior= */ false,
        wantsChange,
        tags);
  }

  /** The change to make in place of this one if an entry, which may be there, counts as absent. */
  Mutation ofAbsent() {
    boolean creates =
        value != null && (condition == Condition.ANY || condition == Condition.ABSENT);
    return creates
        ? new Mutation(
            key,
            Condition.ANY,
            /* expected= */ null,
            value,
            onCreation,
            onCreation,
            /* wantsPrior= */ false,
            wantsChange,
            tags)
        : remove(key, Condition.ANY, null);
  }

  /** The same change on the condition that the entry has these bytes. */
  public Mutation ifEqual(Bytes bytes) {
    return new Mutation(
        key, Condition.EQUAL, bytes, value, onCreation, onUpdate, wantsPrior, wantsChange, tags);
  }

  /** The condition on which a {@link Mutation} is applied. */
  public enum Condition {
    /** Always. */
    ANY,
    /** There is no entry. */
    ABSENT,
    /** There is an entry. */
    PRESENT,
    /** There is an entry with the expected bytes. */
    EQUAL
  }

  /**
   * The outcome of a {@link Mutation}.
   *
   * @param prior the bytes before the change, if the mutation wanted them or {@link
   *     Condition#EQUAL} did not hold, else {@code null}, as if there was no entry
   */
  public record Outcome(Change change, @Nullable Bytes prior) {

    /** The same outcome if the bytes before the change count as no entry. */
    public Outcome asCreation() {
      return change == Change.UPDATED || change == Change.WRITTEN
          ? new Outcome(Change.CREATED, null)
          : this;
    }

    public static final Outcome NONE = new Outcome(Change.NONE, null);
  }
}
