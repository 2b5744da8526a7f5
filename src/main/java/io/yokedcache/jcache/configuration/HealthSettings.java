package io.yokedcache.jcache.configuration;

import java.time.Duration;

/**
 * How it is found out whether Redis answers.
 *
 * @param interval how often Redis is asked by a {@code PING} while it answers
 */
public record HealthSettings(Duration interval) {}
