package io.yokedcache.jcache.outage;

import static io.yokedcache.jcache.outage.Target.Deployment.CLUSTER;
import static io.yokedcache.jcache.outage.Target.Deployment.HAPROXY;
import static io.yokedcache.jcache.outage.Target.Deployment.SENTINEL;
import static io.yokedcache.jcache.outage.Target.Deployment.STANDALONE;

import io.yokedcache.jcache.outage.FaultyLinks.Mode;
import io.yokedcache.jcache.outage.Target.Deployment;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.args.ClientType;
import redis.clients.jedis.args.FlushMode;
import redis.clients.jedis.params.SetParams;

/**
 * Something that goes wrong for some time. A new fault is one more entry of {@link #ALL}.
 *
 * @param name how reports and the property {@code faults.only} call it
 * @param deployments where it can happen
 * @param losesEntries whether Redis may rightly lose entries by it
 * @param begin begins it, and returns at once
 * @param again is done ten times a second while it lasts
 * @param end ends it, and returns when the servers could serve again
 */
record Fault(
    String name,
    Set<Deployment> deployments,
    boolean losesEntries,
    Consumer<Target> begin,
    Consumer<Target> again,
    Consumer<Target> end) {

  private static final Set<String> BRIEF =
      Set.of("kill", "hold", "client-kill", "full-noeviction", "noperm");

  private static final Set<Deployment> EVERYWHERE = EnumSet.of(STANDALONE, SENTINEL, CLUSTER);
  private static final Set<Deployment> ONE_SERVER = EnumSet.of(STANDALONE);
  private static final Set<Deployment> REPLICATED = EnumSet.of(SENTINEL, CLUSTER);

  /** All faults. */
  static final List<Fault> ALL =
      List.of(
          between("kill", ONE_SERVER, Target::kill, Target::restart),
          between("kill-master", REPLICATED, Target::kill, Target::restart).losingEntries(),
          between("stop", ONE_SERVER, Target::pause, Target::resume),
          between("stop-master", REPLICATED, Target::pause, Target::resume).losingEntries(),
          links("delay", Mode.DELAY, 100),
          links("cut", Mode.CUT, 20_000),
          links("refuse", Mode.REFUSE, 0),
          links("swallow", Mode.SWALLOW, 0),
          links("hold", Mode.HOLD, 0),
          between(
              "partition-one",
              ONE_SERVER,
              target -> target.links().set(0, Mode.HOLD, 0),
              target -> target.links().set(0, Mode.PASS, 0)),
          repeated("client-kill", Fault::killClients),
          commands(
              "full-noeviction",
              jedis -> jedis.configSet("maxmemory", "1mb"),
              jedis -> jedis.configSet("maxmemory", "0")),
          commands(
                  "full-allkeys-lru",
                  Fault::fillUp,
                  jedis -> {
                    jedis.configSet("maxmemory", "0");
                    jedis.configSet("maxmemory-policy", "noeviction");
                  })
              .losingEntries(),
          commands(
              "misconf",
              jedis -> {
                // The file cannot take the place of a folder.
                jedis.configSet("dbfilename", "appendonlydir");
                jedis.configSet("save", "3600 1");
                jedis.bgsave();
              },
              jedis -> {
                jedis.configSet("save", "");
                jedis.configSet("dbfilename", "dump.rdb");
              }),
          commands(
              "readonly",
              jedis -> jedis.configSet("min-replicas-to-write", "3"),
              jedis -> jedis.configSet("min-replicas-to-write", "0")),
          commands(
              "noperm",
              jedis -> jedis.aclSetUser("default", "-@write", "-eval", "-evalsha"),
              jedis -> jedis.aclSetUser("default", "+@all")),
          repeated("script-flush", jedis -> jedis.scriptFlush(FlushMode.SYNC)),
          new Fault(
              "loading",
              ONE_SERVER,
              /* losesEntries= */ false,
              Fault::load,
              Fault::nothing,
              target -> target.onMasters(jedis -> jedis.configSet("key-load-delay", "0"))),
          repeated("debug-sleep", jedis -> Target.send(jedis, "DEBUG", "SLEEP", "0.3")),
          between("haproxy-server", EnumSet.of(HAPROXY), Target::kill, Target::restart),
          between("haproxy-stop", EnumSet.of(HAPROXY), Target::pause, Target::resume),
          new Fault(
              "haproxy-itself",
              EnumSet.of(HAPROXY),
              /* losesEntries= */ false,
              Fault::nothing,
              Target::restartProxy,
              Fault::nothing));

  private static Fault between(
      String name, Set<Deployment> deployments, Consumer<Target> begin, Consumer<Target> end) {
    return new Fault(name, deployments, /* losesEntries= */ false, begin, Fault::nothing, end);
  }

  private static Fault links(String name, Mode mode, int number) {
    return between(
        name,
        ONE_SERVER,
        target -> target.links().setAll(mode, number),
        target -> target.links().setAll(Mode.PASS, 0));
  }

  private static Fault commands(String name, Consumer<Jedis> begin, Consumer<Jedis> end) {
    return between(
        name, ONE_SERVER, target -> target.onMasters(begin), target -> target.onMasters(end));
  }

  private static Fault repeated(String name, Consumer<Jedis> action) {
    return new Fault(
        name,
        EVERYWHERE,
        false,
        Fault::nothing,
        target -> target.onMasters(action),
        Fault::nothing);
  }

  private Fault losingEntries() {
    return new Fault(name, deployments, /* losesEntries= */ true, begin, again, end);
  }

  /** Leaves so little room that Redis has to evict entries, the least used ones first. */
  private static void fillUp(Jedis jedis) {
    fill(jedis, 2000);
    String used = jedis.info("memory").replaceAll("(?s).*used_memory:(\\d+).*", "$1");
    jedis.configSet("maxmemory-policy", "allkeys-lru");
    jedis.configSet("maxmemory", used);
  }

  private static void nothing(Target target) {}

  private static void fill(Jedis jedis, int count) {
    for (int i = 0; i < count; i++) {
      jedis.set("filling-" + i, "x".repeat(1100), SetParams.setParams().px(60_000));
    }
  }

  /** Ends all connections but those of sentinels, which would take the server for dead. */
  private static void killClients(Jedis jedis) {
    jedis
        .clientList(ClientType.NORMAL)
        .lines()
        .filter(line -> !line.contains(" name=sentinel-"))
        .map(line -> line.replaceAll("^id=(\\d+) .*", "$1"))
        .filter(id -> !id.equals(String.valueOf(jedis.clientId())))
        .forEach(id -> Target.send(jedis, "CLIENT", "KILL", "ID", id));
  }

  /** Has a server read 1000 large entries, slowly. */
  private static void load(Target target) {
    target.onMasters(
        jedis -> {
          fill(jedis, 1000);
          jedis.configSet("loading-process-events-interval-bytes", "1024");
          jedis.configSet("key-load-delay", "10000");
        });
    Thread reload =
        new Thread(() -> target.onMasters(jedis -> Target.send(jedis, "DEBUG", "RELOAD")));
    reload.setDaemon(true);
    reload.start();
  }

  /** Returns whether it is part of each build: the others take longer, or resemble one of these. */
  boolean isBrief() {
    return BRIEF.contains(name);
  }

  @Override
  public String toString() {
    return name;
  }
}
