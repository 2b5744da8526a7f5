package io.yokedcache.jcache.internal.entry;

import io.yokedcache.jcache.internal.metrics.Operation;
import io.yokedcache.jcache.internal.store.Mutation.Condition;

/** The single-entry writes of {@link javax.cache.Cache}, as data. */
public enum EntryOperation {
  PUT(Operation.PUT, Condition.ANY, false, false),
  GET_AND_PUT(Operation.GET_AND_PUT, Condition.ANY, true, true),
  PUT_IF_ABSENT(Operation.PUT_IF_ABSENT, Condition.ABSENT, true, false),
  REPLACE(Operation.REPLACE, Condition.PRESENT, true, false),
  REPLACE_IF_EQUAL(Operation.REPLACE, Condition.EQUAL, true, false),
  GET_AND_REPLACE(Operation.GET_AND_REPLACE, Condition.PRESENT, true, true),
  REMOVE(Operation.REMOVE, Condition.ANY, false, false),
  REMOVE_IF_EQUAL(Operation.REMOVE, Condition.EQUAL, true, false),
  GET_AND_REMOVE(Operation.GET_AND_REMOVE, Condition.ANY, true, true);

  private final Operation countedAs;
  private final Condition condition;
  private final boolean looksUp;
  private final boolean returnsPrior;

  EntryOperation(Operation countedAs, Condition condition, boolean looksUp, boolean returnsPrior) {
    this.countedAs = countedAs;
    this.condition = condition;
    this.looksUp = looksUp;
    this.returnsPrior = returnsPrior;
  }

  /** The operation of JSR-107 that it counts as. */
  public Operation countedAs() {
    return countedAs;
  }

  Condition condition() {
    return condition;
  }

  /** Whether it counts as a hit or a miss (JSR-107 1.1.1, Cache Statistics). */
  public boolean looksUp() {
    return looksUp;
  }

  /** Whether it gives the entry a value, and does not remove it. */
  public boolean writes() {
    return switch (this) {
      case PUT, GET_AND_PUT, PUT_IF_ABSENT, REPLACE, REPLACE_IF_EQUAL, GET_AND_REPLACE -> true;
      case REMOVE, REMOVE_IF_EQUAL, GET_AND_REMOVE -> false;
    };
  }

  /** Whether it compares the stored value with a value of the caller. */
  public boolean compares() {
    return condition == Condition.EQUAL;
  }

  /**
   * Whether the entry is wrong if the operation fails: the application changes it whatever its
   * value is.
   */
  boolean owes() {
    return condition == Condition.ANY || condition == Condition.PRESENT;
  }

  boolean returnsPrior() {
    return returnsPrior;
  }
}
