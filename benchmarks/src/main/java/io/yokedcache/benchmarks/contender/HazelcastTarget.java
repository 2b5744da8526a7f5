package io.yokedcache.benchmarks.contender;

import com.hazelcast.cache.HazelcastCachingProvider;
import com.hazelcast.client.HazelcastClient;
import com.hazelcast.client.cache.HazelcastClientCachingProvider;
import com.hazelcast.client.config.ClientConfig;
import com.hazelcast.config.CacheConfig;
import com.hazelcast.config.Config;
import com.hazelcast.config.EvictionConfig;
import com.hazelcast.config.EvictionPolicy;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import javax.cache.CacheManager;
import javax.cache.configuration.CompleteConfiguration;
import javax.cache.configuration.Configuration;

/**
 * Hazelcast's JCache as a client of one member, which runs in another JVM, as Redis runs in another
 * process. The member ends with this JVM. Entries are not evicted; the rest is the default.
 */
final class HazelcastTarget {

  private static final String CLUSTER = "benchmarks";
  private static final String LOOPBACK = "127.0.0.1";
  private static final String[] QUIET = {
    "-Dhazelcast.phone.home.enabled=false", "-Dhazelcast.logging.type=none"
  };

  private HazelcastTarget() {}

  static Target open(String name, boolean statistics) {
    Process member = startMember();
    HazelcastInstance client = connect(member);
    Properties byInstance = HazelcastCachingProvider.propertiesByInstanceItself(client);
    CacheManager manager =
        new HazelcastClientCachingProvider().getCacheManager(null, null, byInstance);
    return new JCaches(
            manager,
            statistics,
            HazelcastTarget::withoutEviction,
            () -> {
              client.shutdown();
              member.destroy();
            })
        .open(name);
  }

  private static Process startMember() {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> command = new ArrayList<>(List.of(java, "-Xms256m", "-Xmx1g"));
    command.addAll(List.of(QUIET));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Member.class.getName()));
    try {
      return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static HazelcastInstance connect(Process member) {
    try (BufferedReader out = member.inputReader()) {
      String port = out.readLine();
      if (port == null) {
        throw new IllegalStateException("The JVM of Hazelcast's member has ended");
      }
      ClientConfig config = new ClientConfig().setClusterName(CLUSTER);
      config.setProperty("hazelcast.logging.type", "none");
      config.getNetworkConfig().addAddress(LOOPBACK + ":" + port);
      return HazelcastClient.newHazelcastClient(config);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Caches of Hazelcast evict above 10,000 entries by default; the other contenders keep all. */
  private static Configuration<String, byte[]> withoutEviction(
      Configuration<String, byte[]> plain) {
    CacheConfig<String, byte[]> config =
        new CacheConfig<>((CompleteConfiguration<String, byte[]>) plain);
    config.setEvictionConfig(
        new EvictionConfig().setEvictionPolicy(EvictionPolicy.LRU).setSize(Integer.MAX_VALUE));
    return config;
  }

  /** The member: prints its port, and ends when its standard input does. */
  static final class Member {

    private Member() {}

    public static void main(String[] args) throws IOException {
      Config config = new Config().setClusterName(CLUSTER);
      config.getJetConfig().setEnabled(false);
      config
          .getNetworkConfig()
          .setPublicAddress(LOOPBACK)
          .getInterfaces()
          .setEnabled(true)
          .addInterface(LOOPBACK);
      JoinConfig join = config.getNetworkConfig().getJoin();
      join.getAutoDetectionConfig().setEnabled(false);
      join.getMulticastConfig().setEnabled(false);
      HazelcastInstance member = Hazelcast.newHazelcastInstance(config);
      System.out.println(member.getCluster().getLocalMember().getAddress().getPort());
      int read = System.in.read();
      while (read >= 0) {
        read = System.in.read();
      }
      member.shutdown();
    }
  }
}
