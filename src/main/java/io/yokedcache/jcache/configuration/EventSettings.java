package io.yokedcache.jcache.configuration;

import java.time.Duration;

/**
 * How changes made by other JVMs reach listeners.
 *
 * @param lease how long a JVM that listens counts as listening after it was last heard of
 * @param announce how long the registration of a first listener waits until every JVM is sure to
 *     have noticed; also the longest time a writer trusts what it knows of listeners elsewhere
 * @param queueCapacity how many undelivered events a cache keeps for asynchronous delivery
 * @param queueBytes how many bytes these events may have together
 * @param expired whether to subscribe to Redis' keyspace notifications for expired events
 */
public record EventSettings(
    Duration lease, Duration announce, int queueCapacity, long queueBytes, boolean expired) {}
