package io.yokedcache.jcache.internal.store.keys;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import javax.cache.CacheException;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.Protocol.Keyword;

/**
 * The names that match a pattern, page by page, by {@code SCAN} on some masters in turn. A name may
 * come twice. For one thread at a time.
 */
public final class KeyScan implements Iterator<List<byte[]>> {

  /** The cursor that begins a scan, and that Redis answers at its end. */
  private static final String NO_CURSOR = "0";

  private final String operation;
  private final byte[] pattern;
  private final int pageSize;
  private final Deque<RedisExecutor> masters;
  private String cursor = NO_CURSOR;

  public KeyScan(List<RedisExecutor> masters, String operation, byte[] pattern, int pageSize) {
    this.operation = operation;
    this.pattern = pattern;
    this.pageSize = pageSize;
    this.masters = new ArrayDeque<>(masters);
  }

  @Override
  public boolean hasNext() {
    return !masters.isEmpty();
  }

  /** Reads the next page, which may be empty. */
  @Override
  public List<byte[]> next() {
    CommandArguments scan =
        new CommandArguments(Command.SCAN)
            .add(cursor)
            .add(Keyword.MATCH)
            .add(pattern)
            .add(Keyword.COUNT)
            .add(pageSize);
    Object reply =
        masters.getFirst().command(operation, Bytes.of(pattern), /* idempotent= */ true, scan);
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
    cursor = new String(next, StandardCharsets.US_ASCII);
    if (cursor.equals(NO_CURSOR)) {
      masters.removeFirst();
    }
    return names;
  }
}
