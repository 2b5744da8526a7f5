package io.yokedcache.jcache.internal.redis.cluster;

import io.yokedcache.jcache.internal.settings.Settings.Address;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/**
 * The slots and nodes of a cluster as one of its nodes sees them.
 *
 * @param isOk whether that node says that the cluster serves
 * @param epoch the cluster's epoch that the node knows; later views have no lesser one
 * @param ranges the slots that have a master
 */
record ClusterView(boolean isOk, long epoch, List<Range> ranges) {

  /**
   * Consecutive slots of one master.
   *
   * @param first the first slot
   * @param last the last slot, which belongs to the range
   * @param epoch the epoch in which the master got its slots, its {@code config-epoch}; -1 if it is
   *     not known
   */
  record Range(int first, int last, Address master, List<Address> replicas, long epoch) {}

  private static final Pattern EPOCH = Pattern.compile("cluster_current_epoch:([0-9]{1,18})");

  /** A line of {@code CLUSTER NODES}: the id comes first, and the epoch seventh. */
  private static final Pattern NODE =
      Pattern.compile("^([^ \n]+)(?: [^ \n]+){5} ([0-9]{1,18}) ", Pattern.MULTILINE);

  /**
   * Reads the replies to {@code CLUSTER INFO}, {@code CLUSTER SLOTS} and {@code CLUSTER NODES}.
   *
   * @param info the reply, or something else if the node refused it
   * @param nodes the reply, or something else if the node refused it
   * @param asked the node that sent them; a node that does not know its own name stands for itself
   * @throws CacheException if the reply has another form
   */
  static ClusterView parse(
      @Nullable Object info, @Nullable Object slots, @Nullable Object nodes, Address asked) {
    String text = info instanceof byte[] raw ? new String(raw, StandardCharsets.US_ASCII) : "";
    Matcher epoch = EPOCH.matcher(text);
    boolean isOk = text.isEmpty() || text.contains("cluster_state:ok");
    if (!(slots instanceof List<?> all)) {
      throw unreadable(slots);
    }
    Map<String, Long> epochs = epochs(nodes);
    List<Range> ranges = new ArrayList<>(all.size());
    for (Object each : all) {
      Range range = range(each, epochs, asked);
      if (range.master.port() > 0) { // else the node has forgotten its address, as after a reset
        ranges.add(range);
      }
    }
    return new ClusterView(isOk, epoch.find() ? Long.parseLong(epoch.group(1)) : 0, ranges);
  }

  /** The epochs of the nodes, by their ids. */
  private static Map<String, Long> epochs(@Nullable Object nodes) {
    Map<String, Long> epochs = new HashMap<>();
    if (nodes instanceof byte[] raw) {
      Matcher node = NODE.matcher(new String(raw, StandardCharsets.UTF_8));
      while (node.find()) {
        epochs.put(node.group(1), Long.parseLong(node.group(2)));
      }
    }
    return epochs;
  }

  /**
   * Whether a slot has a master of an earlier epoch here than in another view. A node that has
   * voted in a fail-over knows the new epoch of the cluster before it hears which slots the new
   * master has got.
   */
  boolean isBefore(ClusterView other) {
    long[] epochs = new long[ClusterTopology.SLOTS];
    other.ranges.forEach(range -> Arrays.fill(epochs, range.first, range.last + 1, range.epoch));
    for (Range range : ranges) {
      for (int slot = range.first; range.epoch >= 0 && slot <= range.last; slot++) {
        if (range.epoch < epochs[slot]) {
          return true;
        }
      }
    }
    return false;
  }

  private static Range range(@Nullable Object reply, Map<String, Long> epochs, Address asked) {
    if (!(reply instanceof List<?> parts)
        || parts.size() < 3
        || !(parts.get(0) instanceof Long first)
        || !(parts.get(1) instanceof Long last)
        || first < 0
        || last < first
        || last >= ClusterTopology.SLOTS) {
      throw unreadable(reply);
    }
    List<Address> replicas = new ArrayList<>();
    for (Object replica : parts.subList(3, parts.size())) {
      replicas.add(address(replica, asked));
    }
    replicas.removeIf(replica -> replica.port() == 0);
    return new Range(
        first.intValue(),
        last.intValue(),
        address(parts.get(2), asked),
        List.copyOf(replicas),
        epochs.getOrDefault(id(parts.get(2)), -1L));
  }

  private static String id(@Nullable Object node) {
    return node instanceof List<?> parts && parts.size() > 2 && parts.get(2) instanceof byte[] raw
        ? new String(raw, StandardCharsets.UTF_8)
        : "";
  }

  private static Address address(@Nullable Object node, Address asked) {
    if (!(node instanceof List<?> parts)
        || parts.size() < 2
        || !(parts.get(1) instanceof Long port)) {
      throw unreadable(node);
    }
    String host = parts.get(0) instanceof byte[] raw ? new String(raw, StandardCharsets.UTF_8) : "";
    return address(host, port.intValue(), asked);
  }

  private static Address address(String host, int port, Address asked) {
    // Redis 7 sends nothing, or a question mark, where clients are to use the address they know.
    boolean isKnown = !host.isEmpty() && !host.equals("?");
    return new Address(isKnown ? host : asked.host(), port);
  }

  /**
   * The node that a redirect names; {@code null} if the sender has no address of it.
   *
   * @param reply {@code MOVED slot host:port}, or the same with {@code ASK}
   * @param asked the node that sent it
   */
  static @Nullable Address redirect(String reply, Address asked) {
    int blank = reply.lastIndexOf(' ');
    int colon = reply.lastIndexOf(':');
    if (blank < 0 || colon < blank) {
      throw unreadable(reply);
    }
    try {
      String host = reply.substring(blank + 1, colon);
      int port = Integer.parseInt(reply.substring(colon + 1));
      return port == 0 ? null : address(host, port, asked);
    } catch (NumberFormatException e) {
      throw unreadable(reply);
    }
  }

  private static CacheException unreadable(@Nullable Object reply) {
    return new CacheException(
        "The cluster described its nodes in an unknown form: "
            + (reply instanceof byte[] raw ? new String(raw, StandardCharsets.UTF_8) : reply));
  }
}
