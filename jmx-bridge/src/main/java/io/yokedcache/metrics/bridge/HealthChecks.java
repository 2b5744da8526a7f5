package io.yokedcache.metrics.bridge;

import java.time.Duration;

/**
 * The group {@code health}.
 *
 * @param enabled whether there are checks, if there is somewhere to report to
 * @param interval the time between checks
 */
public record HealthChecks(boolean enabled, Duration interval) {}
