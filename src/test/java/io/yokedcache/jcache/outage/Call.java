package io.yokedcache.jcache.outage;

/**
 * One call on one key, with the times of its start and its end.
 *
 * @param client the JVM that made it
 * @param action the operation
 * @param argument the value to be written; {@link #ABSENT} if the operation writes none
 * @param expected the value that {@code replace} and {@code remove} compare with
 * @param startNanos the time just before the call
 * @param endNanos the time just after it; {@link Long#MAX_VALUE} if the outcome is unknown: the
 *     call may take effect once at any time after its start, or never
 * @param result the prior value, or 1 for true and 0 for false
 */
record Call(
    int client,
    Action action,
    long argument,
    long expected,
    long startNanos,
    long endNanos,
    long result) {

  /** The state of a key without an entry, and the result of an operation that finds none. */
  static final long ABSENT = 0;

  /** The single-key operations, as functions of the key's value. */
  enum Action {
    GET,
    CONTAINS_KEY,
    PUT,
    PUT_IF_ABSENT,
    REPLACE,
    REPLACE_IF,
    REMOVE,
    REMOVE_IF,
    GET_AND_PUT,
    GET_AND_REMOVE,
    GET_AND_REPLACE,
    /** A processor that sets the argument and returns the prior value. */
    INVOKE;

    /** Returns the value after the operation. */
    long next(long state, long argument, long expected) {
      return switch (this) {
        case GET, CONTAINS_KEY -> state;
        case PUT, GET_AND_PUT, INVOKE -> argument;
        case PUT_IF_ABSENT -> state == ABSENT ? argument : state;
        case REPLACE, GET_AND_REPLACE -> state == ABSENT ? ABSENT : argument;
        case REPLACE_IF -> state != ABSENT && state == expected ? argument : state;
        case REMOVE, GET_AND_REMOVE -> ABSENT;
        case REMOVE_IF -> state != ABSENT && state == expected ? ABSENT : state;
      };
    }

    /** Returns what the operation returns. */
    long result(long state, long expected) {
      return switch (this) {
        case GET, GET_AND_PUT, GET_AND_REMOVE, GET_AND_REPLACE, INVOKE -> state;
        case PUT -> 0;
        case PUT_IF_ABSENT -> state == ABSENT ? 1 : 0;
        case CONTAINS_KEY, REPLACE, REMOVE -> state == ABSENT ? 0 : 1;
        case REPLACE_IF, REMOVE_IF -> state != ABSENT && state == expected ? 1 : 0;
      };
    }
  }

  /** Returns whether the call answered. */
  boolean isKnown() {
    return endNanos != Long.MAX_VALUE;
  }

  /** Returns the call with another start: it may have read a value of that time. */
  Call startingAt(long nanos) {
    return new Call(client, action, argument, expected, nanos, endNanos, result);
  }

  /** Returns the call with another value to be written. */
  Call writing(long value) {
    return new Call(client, action, value, expected, startNanos, endNanos, result);
  }

  /** Returns the call as one whose outcome is not known. */
  Call asUnknown() {
    return new Call(client, action, argument, expected, startNanos, Long.MAX_VALUE, 0);
  }

  long next(long state) {
    return action.next(state, argument, expected);
  }

  /** Returns whether the result says that the operation changed nothing, whatever it found. */
  boolean changesNothing() {
    return switch (action) {
      case GET, CONTAINS_KEY -> isKnown();
      case PUT, GET_AND_PUT, INVOKE -> false;
      case PUT_IF_ABSENT, REPLACE, REPLACE_IF, REMOVE, REMOVE_IF -> isKnown() && result == 0;
      case GET_AND_REMOVE, GET_AND_REPLACE -> isKnown() && result == ABSENT;
    };
  }

  /** Returns whether the operation could have returned its result in that state. */
  boolean fits(long state) {
    return !isKnown() || action.result(state, expected) == result;
  }
}
