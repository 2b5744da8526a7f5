package io.yokedcache.jcache.configuration;

import java.time.Duration;

/**
 * How entries that {@code clear()} left behind are deleted.
 *
 * @param enabled whether this JVM takes part
 * @param delay how long after a {@code clear()} a pass begins, and the least pause between two
 * @param interval how often a pass is made without a {@code clear()}
 * @param pageSize how many keys one {@code SCAN} looks at
 * @param dutyCycle the share of time that a pass may keep the server busy, above 0 and up to 1
 */
public record CleanerSettings(
    boolean enabled, Duration delay, Duration interval, int pageSize, double dutyCycle) {}
