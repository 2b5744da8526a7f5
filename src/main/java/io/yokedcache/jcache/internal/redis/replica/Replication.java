package io.yokedcache.jcache.internal.redis.replica;

import io.yokedcache.jcache.internal.settings.Settings.Address;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The state of replication by the reply to {@code INFO replication}.
 *
 * @param isMaster whether the server is a master
 * @param isLinked whether a replica is connected to its master and not in a full synchronization
 * @param history the id of the stream of changes; a new master begins another one
 * @param offset the position in the stream: of a master what it has written, of a replica what it
 *     has applied
 * @param replicas the replicas that a master sends to, by the addresses that they announce
 */
public record Replication(
    boolean isMaster, boolean isLinked, String history, long offset, List<Address> replicas) {

  public static final Replication UNKNOWN = new Replication(false, false, "", -1, List.of());

  /** Reads the reply; {@link #UNKNOWN} if a field is missing or no number. */
  public static Replication parse(String info) {
    Map<String, String> fields = new HashMap<>();
    List<Address> replicas = new ArrayList<>();
    try {
      for (String line : info.lines().toList()) {
        int colon = line.indexOf(':');
        if (colon > 0) {
          String name = line.substring(0, colon);
          String value = line.substring(colon + 1).strip();
          fields.put(name, value);
          if (name.matches("slave[0-9]+")) {
            addOnline(value, replicas);
          }
        }
      }
      boolean isMaster = fields.getOrDefault("role", "").equals("master");
      String offset = fields.get(isMaster ? "master_repl_offset" : "slave_repl_offset");
      return new Replication(
          isMaster,
          fields.getOrDefault("master_link_status", "").equals("up")
              && fields.getOrDefault("master_sync_in_progress", "").equals("0"),
          fields.getOrDefault("master_replid", ""),
          offset == null ? -1 : Long.parseLong(offset),
          List.copyOf(replicas));
    } catch (NumberFormatException e) {
      return UNKNOWN;
    }
  }

  /** Adds the replica of {@code ip=127.0.0.1,port=6380,state=online,offset=1,lag=0}. */
  private static void addOnline(String value, List<Address> replicas) {
    Map<String, String> parts = new HashMap<>();
    for (String part : value.split(",", -1)) {
      int equals = part.indexOf('=');
      if (equals > 0) {
        parts.put(part.substring(0, equals), part.substring(equals + 1));
      }
    }
    String host = parts.get("ip");
    String port = parts.get("port");
    if (host != null && port != null && "online".equals(parts.get("state"))) {
      replicas.add(new Address(host, Integer.parseInt(port)));
    }
  }
}
