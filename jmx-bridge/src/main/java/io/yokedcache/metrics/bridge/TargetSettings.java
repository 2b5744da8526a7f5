package io.yokedcache.metrics.bridge;

import org.jspecify.annotations.Nullable;

/**
 * Another JVM to read, from the group {@code targets}. Either has a URL or a process id.
 *
 * @param url the JMX service URL, or {@code host:port}
 * @param pid the number of a process on this machine
 * @param user for JMX with authentication
 * @param password the user's
 */
public record TargetSettings(
    @Nullable String url, @Nullable Long pid, @Nullable String user, @Nullable Secret password) {}
