package io.yokedcache.jcache.internal.store.keys;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;

/**
 * The names of all keys in the slots of a cache's buckets on a Redis Cluster, page by page. Its
 * position is a bucket, so a slot may move to another master during the scan. Each name comes once.
 * A page may be empty, and the slots may have keys of others.
 *
 * <p>First a key that never exists is asked for in each slot: the redirects tell this JVM of a new
 * master, or of the node that a slot is on its way to. Then the buckets of a page are read from
 * their masters, then from every other master that has keys of their slots: keys on their way from
 * the first to the second are seen at one of them, since {@code MIGRATE} writes a key before it
 * deletes it. Then, if there was such a master, they are read from the first again: the slot may be
 * on its way back. A key is missed only if it moves three times while its page is read.
 *
 * <p>A page that fails is read again by the next call. For one thread at a time.
 */
public final class SlotScan implements Iterator<List<byte[]>> {

  /** The most keys of a slot in one reply; a slot with more is read by {@code SCAN}. */
  private static final int MOST_AT_ONCE = 100_000;

  /** The estimated length of a name. */
  private static final int NAME_BYTES = 64;

  private final RedisExecutor executor;
  private final String operation;
  private final KeySpace names;
  private final int pageSize;
  private final int mostAtOnce;
  private final List<byte[]> beginnings;

  /** The buckets that were not read yet. */
  private final Deque<Integer> buckets = new ArrayDeque<>();

  /** The pages that were read and not returned yet. */
  private final Deque<List<byte[]>> pages = new ArrayDeque<>();

  /** The number of keys of each bucket's slot when the scan began; {@code null} before. */
  private long @Nullable [] sizes;

  /** The bucket that is being read by {@code SCAN}, or {@code null}. */
  private @Nullable LargeBucket large;

  /**
   * Creates a scan.
   *
   * @param beginnings of the keys that are wanted, as {@link KeySpace#entriesPattern(int, List)}
   *     takes them; only {@code SCAN} leaves out the others
   */
  SlotScan(
      RedisExecutor executor,
      String operation,
      KeySpace names,
      int pageSize,
      List<byte[]> beginnings) {
    this(executor, operation, names, pageSize, beginnings, MOST_AT_ONCE);
  }

  SlotScan(
      RedisExecutor executor,
      String operation,
      KeySpace names,
      int pageSize,
      List<byte[]> beginnings,
      int mostAtOnce) {
    this.executor = executor;
    this.operation = operation;
    this.names = names;
    this.pageSize = pageSize;
    this.mostAtOnce = mostAtOnce;
    this.beginnings = beginnings;
    for (int bucket = 0; bucket < names.buckets(); bucket++) {
      buckets.add(bucket);
    }
  }

  @Override
  public boolean hasNext() {
    return !pages.isEmpty() || large != null || !buckets.isEmpty();
  }

  @Override
  public List<byte[]> next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    if (pages.isEmpty() && large != null) {
      List<byte[]> page = large.next();
      if (!large.hasNext()) {
        large = null;
      }
      return page;
    }
    if (pages.isEmpty()) {
      read();
    }
    return pages.isEmpty() ? List.of() : pages.removeFirst();
  }

  /** Reads the next buckets, together about a page. */
  private void read() {
    if (sizes == null) {
      sizes = sizes();
    }
    List<Integer> some = new ArrayList<>();
    long keys = 0;
    for (int bucket : buckets) {
      keys += sizes[bucket];
      if (!some.isEmpty() && keys > pageSize) {
        break;
      }
      some.add(bucket);
    }
    int first = some.get(0);
    if (some.size() == 1 && sizes[first] > mostAtOnce) {
      large = new LargeBucket(first);
    } else {
      Map<Integer, Set<Bytes>> found = list(some);
      List<byte[]> page = new ArrayList<>();
      for (Set<Bytes> ofBucket : found.values()) {
        for (Bytes name : ofBucket) {
          page.add(name.array());
          if (page.size() == pageSize) {
            pages.add(page);
            page = new ArrayList<>();
          }
        }
      }
      pages.add(page);
    }
    some.forEach(bucket -> buckets.removeFirst());
  }

  private long[] sizes() {
    long[] sums = new long[names.buckets()];
    List<Integer> all = List.copyOf(buckets);
    lookForMasters(all);
    for (Counts counts : counts(all)) {
      for (int bucket : all) {
        sums[bucket] += counts.of(bucket);
      }
    }
    return sums;
  }

  private Map<Integer, Set<Bytes>> list(List<Integer> some) {
    lookForMasters(some);
    Map<Integer, Set<Bytes>> found = new LinkedHashMap<>();
    Map<Integer, Bytes> asked = listAtMasters(some, found);
    Set<Integer> moving = new LinkedHashSet<>();
    for (Counts counts : counts(some)) {
      List<Integer> elsewhere = new ArrayList<>();
      for (int bucket : some) {
        if (counts.of(bucket) > 0 && !requireNonNull(asked.get(bucket)).equals(counts.node)) {
          elsewhere.add(bucket);
        }
      }
      if (!elsewhere.isEmpty()) {
        Request request = request(names.route(elsewhere.get(0)), elsewhere, this::listing);
        List<@Nullable Object> replies = counts.master.execute(request);
        for (int i = 0; i < elsewhere.size(); i++) {
          add(elsewhere.get(i), replies.get(i + 1), found);
        }
        moving.addAll(elsewhere);
      }
    }
    if (!moving.isEmpty()) {
      var unused = listAtMasters(List.copyOf(moving), found);
    }
    return found;
  }

  /** Reads the keys of buckets at their masters, and returns the nodes that have answered. */
  private Map<Integer, Bytes> listAtMasters(List<Integer> some, Map<Integer, Set<Bytes>> found) {
    List<Request> requests = new ArrayList<>(some.size());
    for (int bucket : some) {
      requests.add(request(names.route(bucket), List.of(bucket), this::listing));
    }
    List<List<@Nullable Object>> replies = executor.executeAll(requests);
    Map<Integer, Bytes> nodes = new HashMap<>();
    for (int i = 0; i < some.size(); i++) {
      nodes.put(some.get(i), node(replies.get(i).get(0)));
      add(some.get(i), replies.get(i).get(1), found);
    }
    return nodes;
  }

  private void add(int bucket, @Nullable Object reply, Map<Integer, Set<Bytes>> found) {
    if (!(executor.checked(operation, reply) instanceof List<?> list)) {
      throw unreadable(reply);
    }
    Set<Bytes> into = found.computeIfAbsent(bucket, any -> new LinkedHashSet<>());
    for (Object name : list) {
      if (name instanceof byte[] bytes) {
        into.add(Bytes.of(bytes));
      }
    }
  }

  /** The number of keys that a node has of some buckets' slots. */
  private record Counts(RedisExecutor master, Bytes node, Map<Integer, Long> keys) {

    long of(int bucket) {
      return requireNonNull(keys.get(bucket));
    }
  }

  /** Makes this JVM notice that a slot has moved, or is on its way. */
  private void lookForMasters(List<Integer> some) {
    List<Request> requests = new ArrayList<>(some.size());
    for (int bucket : some) {
      requests.add(
          new Request(
              operation,
              names.route(bucket),
              /* idempotent= */ true,
              List.of(new CommandArguments(Command.EXISTS).add(names.absentKey(bucket)))));
    }
    executor.executeAll(requests).forEach(reply -> executor.checked(operation, reply.get(0)));
  }

  /** The counts of each master, and of each node that may become one and answers. */
  private Collection<Counts> counts(List<Integer> some) {
    List<RedisExecutor> masters = executor.masters();
    Map<Bytes, Counts> byNode = new LinkedHashMap<>();
    for (RedisExecutor each : executor.possibleMasters()) {
      try {
        Counts counts = counts(each, some);
        byNode.putIfAbsent(counts.node, counts);
      } catch (RedisUnavailableException e) {
        if (masters.contains(each)) {
          throw e;
        }
      }
    }
    return byNode.values();
  }

  private Counts counts(RedisExecutor master, List<Integer> some) {
    List<@Nullable Object> replies =
        master.execute(request(names.route(some.get(0)), some, this::counting));
    Map<Integer, Long> keys = new HashMap<>();
    for (int i = 0; i < some.size(); i++) {
      if (!(executor.checked(operation, replies.get(i + 1)) instanceof Long count)) {
        throw unreadable(replies.get(i + 1));
      }
      keys.put(some.get(i), count);
    }
    return new Counts(master, node(replies.get(0)), keys);
  }

  private Bytes node(@Nullable Object reply) {
    if (executor.checked(operation, reply) instanceof byte[] id) {
      return Bytes.of(id);
    }
    throw unreadable(reply);
  }

  private CacheException unreadable(@Nullable Object reply) {
    return new CacheException(
        "%s on %s failed: a node answered CLUSTER with %s"
            .formatted(operation, executor.address(), reply));
  }

  /** A command about the slot of a bucket. */
  private interface SlotCommand {
    CommandArguments of(int bucket);
  }

  /** A request that asks for the node's id as well. */
  private Request request(Bytes route, List<Integer> some, SlotCommand command) {
    List<CommandArguments> commands = new ArrayList<>(some.size() + 1);
    commands.add(new CommandArguments(Command.CLUSTER).add("MYID"));
    long keys = 0;
    for (int bucket : some) {
      commands.add(command.of(bucket));
      keys += sizes == null ? 0 : sizes[bucket];
    }
    int bytes = (int) Math.min(Integer.MAX_VALUE, keys * NAME_BYTES);
    return new Request(operation, route, /* idempotent= */ true, commands, bytes);
  }

  private CommandArguments counting(int bucket) {
    return new CommandArguments(Command.CLUSTER).add("COUNTKEYSINSLOT").add(slot(bucket));
  }

  private CommandArguments listing(int bucket) {
    return new CommandArguments(Command.CLUSTER)
        .add("GETKEYSINSLOT")
        .add(slot(bucket))
        .add(Integer.MAX_VALUE);
  }

  private int slot(int bucket) {
    return names.route(bucket).slot();
  }

  /** A bucket whose names do not fit into one reply. */
  private final class LargeBucket {

    private final int bucket;
    private final Set<Bytes> seen = new HashSet<>();
    private @Nullable KeyScan scan;

    /** The master that was scanned first, and its id. */
    private @Nullable RedisExecutor master;

    private @Nullable Bytes id;

    /** Whether the scan is the last one: of the other masters that have keys of the bucket. */
    private boolean isLast;

    LargeBucket(int bucket) {
      this.bucket = bucket;
    }

    boolean hasNext() {
      return scan == null || scan.hasNext() || !isLast;
    }

    List<byte[]> next() {
      if (scan == null) {
        begin();
      } else if (!scan.hasNext()) {
        scan = scan(elsewhere());
        isLast = true;
        if (!scan.hasNext()) {
          return List.of();
        }
      }
      List<byte[]> page = requireNonNull(scan).next();
      page.removeIf(name -> !seen.add(Bytes.of(name)));
      return page;
    }

    private void begin() {
      lookForMasters(List.of(bucket));
      Bytes owner =
          node(
              executor
                  .execute(request(names.route(bucket), List.of(), SlotScan.this::counting))
                  .get(0));
      for (Counts counts : counts(List.of(bucket))) {
        if (counts.node.equals(owner)) {
          id = owner;
          master = counts.master;
          scan = scan(List.of(counts.master));
          return;
        }
      }
      throw new CacheException(
          "%s on %s failed: the masters are changing".formatted(operation, executor.address()));
    }

    /** The other masters that have keys of the bucket, and then the first one again. */
    private List<RedisExecutor> elsewhere() {
      List<RedisExecutor> others = new ArrayList<>();
      lookForMasters(List.of(bucket));
      for (Counts counts : counts(List.of(bucket))) {
        if (counts.of(bucket) > 0 && !requireNonNull(id).equals(counts.node)) {
          others.add(counts.master);
        }
      }
      if (!others.isEmpty()) {
        others.add(requireNonNull(master));
      }
      return others;
    }

    private KeyScan scan(List<RedisExecutor> masters) {
      return new KeyScan(masters, operation, names.entriesPattern(bucket, beginnings), pageSize);
    }
  }
}
