package io.yokedcache.jcache.internal.maintenance;

import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.Script;
import io.yokedcache.jcache.internal.redis.ScriptRunner;
import io.yokedcache.jcache.internal.store.KeySpace;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.cache.CacheException;

/**
 * The entries of generations that have ended, which are deleted and counted on the server, page by
 * page. Deleted, since only that counts each of them once whatever {@code SCAN} repeats; and then
 * nobody needs to sweep them. For one thread at a time.
 */
public final class RemovedEntries {

  private static final String START = "0";

  private final ScriptRunner scripts;
  private final String operation;
  private final KeySpace names;
  private final int pageSize;
  private final Set<String> tokens;
  private final Runnable onEnd;
  private final Runnable sweep;
  private String cursor = START;
  private boolean isDone;

  /**
   * Nothing is sent yet.
   *
   * @param tokens of the generations; none if there is nothing to count
   * @param onEnd called once, when all are counted or {@link #giveUp} is called
   * @param sweep has those deleted that are given up
   */
  RemovedEntries(
      RedisExecutor executor,
      String operation,
      KeySpace names,
      int pageSize,
      Set<String> tokens,
      Runnable onEnd,
      Runnable sweep) {
    this.scripts = new ScriptRunner(executor);
    this.operation = operation;
    this.names = names;
    this.pageSize = pageSize;
    this.tokens = Set.copyOf(tokens);
    this.onEnd = onEnd;
    this.sweep = sweep;
    if (tokens.isEmpty()) {
      end();
    }
  }

  /** Whether all are deleted and counted, or were given up. */
  public boolean isDone() {
    return isDone;
  }

  /** Deletes what the next page has of them, and returns how many these were. */
  public long nextPage() {
    List<byte[]> arguments = new ArrayList<>();
    arguments.add(ascii(cursor));
    arguments.add(names.scanPattern());
    arguments.add(ascii(Integer.toString(pageSize)));
    tokens.forEach(token -> arguments.add(ascii(token)));
    Object reply =
        scripts.call(
            operation, Script.COUNT.call(List.of(names.generationKey(/* bucket= */ 0)), arguments));
    if (!(reply instanceof List<?> both)
        || both.size() != 2
        || !(both.get(0) instanceof byte[] next)
        || !(both.get(1) instanceof Long deleted)) {
      throw new CacheException(operation + " failed: count.lua answered " + reply);
    }
    cursor = new String(next, StandardCharsets.US_ASCII);
    if (cursor.equals(START)) {
      end();
    }
    return deleted;
  }

  /** Leaves those that are not deleted yet to the sweeper. */
  public void giveUp() {
    if (!isDone) {
      end();
      sweep.run();
    }
  }

  private void end() {
    isDone = true;
    onEnd.run();
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
