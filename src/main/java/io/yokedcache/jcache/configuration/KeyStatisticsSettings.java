package io.yokedcache.jcache.configuration;

import java.time.Duration;

/**
 * How the entries in Redis are counted.
 *
 * @param enabled whether this JVM counts, and shows what others counted
 * @param interval how long after a count the next one begins
 * @param pageSize how many keys one {@code SCAN} looks at
 * @param dutyCycle the share of time that a count may keep the server busy, above 0 and up to 1
 */
public record KeyStatisticsSettings(
    boolean enabled, Duration interval, int pageSize, double dutyCycle) {}
