package io.yokedcache.metrics.bridge;

import static java.util.Objects.requireNonNull;

/**
 * A password, which no message shows.
 *
 * @param value the password itself
 */
public record Secret(String value) {

  /**
   * Checks that there is one.
   *
   * @param value the password itself
   */
  public Secret {
    requireNonNull(value, "value");
  }

  /** {@return three stars} */
  @Override
  public String toString() {
    return "***";
  }
}
