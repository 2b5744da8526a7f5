package io.yokedcache.jcache.configuration;

import io.yokedcache.jcache.codec.SerializationSettings;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * Everything a cache manager is configured by.
 *
 * @param embedded whether to start a private server instead of connecting to {@code connection}'s
 * @param connection the server and how to talk to it
 * @param namespace first part of every key in Redis: letters, digits, {@code .}, {@code _}, {@code
 *     * -}
 * @param buckets how many generation keys a cache is spread over
 * @param serialization what Java deserialisation may touch
 * @param events how changes of other JVMs reach listeners
 * @param staleEntries how stale entries are deleted
 * @param keyStatistics how the entries in Redis are counted
 * @param health how it is found out whether Redis answers
 * @param operationBeans which operations have an MBean
 * @param maxOperationBeans how many MBeans of operations there are at most, unless all are wanted
 * @param nearStaleness how old a copy in this JVM may be
 * @param definedCaches names of the caches that the file defines by their full name, and that
 *     {@code getCache} therefore creates at first use
 * @param caches from the name of a cache to its settings
 * @param groups what other jars are configured by
 * @param files the configuration files that were read, as messages name them
 */
public record Settings(
    boolean embedded,
    ConnectionSettings connection,
    String namespace,
    int buckets,
    SerializationSettings serialization,
    EventSettings events,
    CleanerSettings staleEntries,
    KeyStatisticsSettings keyStatistics,
    HealthSettings health,
    OperationBeans operationBeans,
    int maxOperationBeans,
    Duration nearStaleness,
    Set<String> definedCaches,
    Function<String, CacheSettings> caches,
    SettingGroups groups,
    List<String> files) {

  /** Takes a copy of the list. */
  public Settings {
    files = List.copyOf(files);
  }
}
