package io.yokedcache.benchmarks;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** A contestant failed; the message says which, and what it said. */
final class ContestantException extends Exception {

  @Serial private static final long serialVersionUID = 1L;

  ContestantException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
