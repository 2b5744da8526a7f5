package io.yokedcache.benchmarks.contender;

import javax.cache.CacheManager;
import javax.cache.Caching;
import org.redisson.Redisson;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;
import org.redisson.jcache.configuration.RedissonConfiguration;

/**
 * Redisson's JCache with its defaults, all caches on one client. On a cluster it keeps each cache
 * in one slot, so that one master has the whole load.
 */
final class RedissonTarget {

  private static final String PROVIDER = "org.redisson.jcache.JCachingProvider";

  private RedissonTarget() {}

  static Target open(String name, Servers servers, boolean statistics) {
    Config config = new Config();
    if (servers.cluster()) {
      config.useClusterServers().addNodeAddress(servers.firstUri());
    } else {
      config.useSingleServer().setAddress(servers.firstUri());
    }
    RedissonClient client = Redisson.create(config);
    CacheManager manager = Caching.getCachingProvider(PROVIDER).getCacheManager(null, null);
    return new JCaches(
            manager,
            statistics,
            plain -> RedissonConfiguration.fromInstance(client, plain),
            client::shutdown)
        .open(name);
  }
}
