package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.ScriptRunner;
import io.yokedcache.jcache.internal.store.KeySpace.EntryName;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import javax.cache.CacheException;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.Protocol.Keyword;

/** The keys of a cache's current generations, by {@code SCAN} on every master, lazily. */
public final class KeyScan implements Iterator<List<Bytes>> {

  /** Where a scan begins, and what Redis answers at its end. */
  private static final String NO_CURSOR = "0";

  private final KeySpace names;
  private final Generations generations;
  private final String operation;
  private final int pageSize;
  private final Deque<RedisExecutor> masters;
  private String cursor = NO_CURSOR;
  private List<Bytes> page = List.of();

  public KeyScan(
      RedisExecutor executor,
      KeySpace names,
      Generations generations,
      String operation,
      int pageSize) {
    this.names = names;
    this.generations = generations;
    this.operation = operation;
    this.pageSize = pageSize;
    this.masters = new ArrayDeque<>(executor.masters());
  }

  @Override
  public boolean hasNext() {
    while (page.isEmpty() && !masters.isEmpty()) {
      page = nextPage(masters.getFirst());
      if (cursor.equals(NO_CURSOR)) {
        masters.removeFirst();
      }
    }
    return !page.isEmpty();
  }

  @Override
  public List<Bytes> next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    List<Bytes> current = page;
    page = List.of();
    return current;
  }

  private List<Bytes> nextPage(RedisExecutor master) {
    ScanReply reply = ScanReply.request(master, operation, cursor, names.scanPattern(), pageSize);
    cursor = reply.cursor();
    List<Bytes> keys = new ArrayList<>();
    for (byte[] name : reply.names()) {
      EntryName entry = names.parse(name);
      if (entry != null && isCurrent(entry)) {
        keys.add(entry.key());
      }
    }
    return keys;
  }

  private boolean isCurrent(EntryName entry) {
    return entry.bucket() < names.buckets()
        && entry.token().equals(generations.current(entry.bucket()).tokenText());
  }

  /**
   * One page of {@code SCAN}.
   *
   * @param cursor where to go on, "0" at the end
   * @param names the keys found
   */
  public record ScanReply(String cursor, List<byte[]> names) {

    public static ScanReply request(
        RedisExecutor master, String operation, String cursor, byte[] pattern, int count) {
      CommandArguments scan =
          new CommandArguments(Command.SCAN)
              .add(cursor)
              .add(Keyword.MATCH)
              .add(pattern)
              .add(Keyword.COUNT)
              .add(count);
      Object reply =
          new ScriptRunner(master)
              .command(operation, Bytes.of(pattern), /* idempotent= */ true, scan);
      if (!(reply instanceof List<?> parts)
          || parts.size() != 2
          || !(parts.get(0) instanceof byte[] next)
          || !(parts.get(1) instanceof List<?> found)) {
        throw new CacheException(operation + " failed: Redis answered SCAN with " + reply);
      }
      List<byte[]> names = new ArrayList<>(found.size());
      for (Object name : found) {
        if (name instanceof byte[] bytes) {
          names.add(bytes);
        }
      }
      return new ScanReply(new String(next, StandardCharsets.US_ASCII), names);
    }
  }
}
