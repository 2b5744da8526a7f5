package io.yokedcache.metrics.bridge;

import java.io.Serial;

/** Settings that are wrong. The message lists every problem with file and line, and no secret. */
public final class MetricsConfigurationException extends IllegalArgumentException {

  @Serial private static final long serialVersionUID = 1L;

  public MetricsConfigurationException(String message) {
    super(message);
  }

  public MetricsConfigurationException(String message, Throwable cause) {
    super(message, cause);
  }
}
