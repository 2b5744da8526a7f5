package io.yokedcache.jcache.internal.store;

/** What must hold of an entry for a {@link Mutation} to be applied. */
public enum Condition {
  /** Nothing. */
  ANY,
  /** There is no entry. */
  ABSENT,
  /** There is an entry. */
  PRESENT,
  /** There is an entry and its bytes are the expected ones. */
  EQUAL
}
