package io.yokedcache.jcache.internal.maintenance;

import io.yokedcache.jcache.internal.maintenance.KeyStatisticsReport.Size;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.ScriptRunner;
import io.yokedcache.jcache.internal.store.Generation;
import io.yokedcache.jcache.internal.store.KeyScan.ScanReply;
import io.yokedcache.jcache.internal.store.KeySpace;
import io.yokedcache.jcache.internal.store.KeySpace.EntryName;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * One pass over all keys of all masters that counts the entries of every cache of a namespace, page
 * by page. One pass for all caches, since {@code SCAN} looks at every key whatever its pattern. For
 * one thread at a time.
 */
final class KeyStatisticsPass {

  static final String OPERATION = "key statistics";

  private static final String NO_CURSOR = "0";

  /** How many commands share a round trip. */
  private static final int BATCH = 100;

  private final RedisExecutor executor;
  private final ScriptRunner scripts;
  private final byte[] pattern;
  private final int pageSize;
  private final Deque<RedisExecutor> masters;
  private final EntryCount count = new EntryCount();
  private String cursor = NO_CURSOR;

  /** What is left to look at once more when all is counted, or {@code null} before. */
  private @Nullable Deque<String> unverified;

  /** Why the server does not say how large entries are, or {@code null} if it does. */
  private @Nullable String refusal;

  KeyStatisticsPass(RedisExecutor executor, String namespace, int pageSize) {
    this.executor = executor;
    this.scripts = new ScriptRunner(executor);
    this.pattern = KeySpace.scanPattern(namespace);
    this.pageSize = pageSize;
    this.masters = new ArrayDeque<>(executor.masters());
  }

  /** Does a page's work, and returns whether there is more. */
  boolean step() {
    if (!masters.isEmpty()) {
      countPage(masters.getFirst());
      if (cursor.equals(NO_CURSOR)) {
        masters.removeFirst();
      }
      return true;
    }
    if (unverified == null) {
      unverified = new ArrayDeque<>(count.generationKeys());
    }
    List<String> page = new ArrayList<>();
    while (page.size() < pageSize && !unverified.isEmpty()) {
      page.add(unverified.removeFirst());
    }
    lookUp(page);
    return !unverified.isEmpty();
  }

  /** What was counted, by the caches' escaped names. */
  Map<String, Size> sizes() {
    return count.sizes();
  }

  /** Why entries could not be measured, or {@code null} if they could. */
  @Nullable String refusal() {
    return refusal;
  }

  private void countPage(RedisExecutor master) {
    ScanReply reply = ScanReply.request(master, OPERATION, cursor, pattern, pageSize);
    cursor = reply.cursor();
    List<NamedEntry> entries = new ArrayList<>();
    Set<String> news = new LinkedHashSet<>();
    for (byte[] name : reply.names()) {
      EntryName entry = EntryName.parse(name);
      if (entry != null) {
        entries.add(new NamedEntry(Bytes.of(name), entry));
        if (count.isNews(entry)) {
          news.add(entry.generationKey());
        }
      }
    }
    lookUp(news);
    List<NamedEntry> wanted = new ArrayList<>();
    for (NamedEntry entry : entries) {
      if (count.add(entry.parts)) {
        wanted.add(entry);
      }
    }
    measure(master, wanted);
  }

  /** Reads which tokens are current. */
  private void lookUp(Collection<String> generationKeys) {
    List<Request> requests = new ArrayList<>();
    for (String key : generationKeys) {
      byte[] name = key.getBytes(StandardCharsets.ISO_8859_1);
      requests.add(request(Bytes.of(name), List.of(new CommandArguments(Command.GET).add(name))));
    }
    List<String> keys = List.copyOf(generationKeys);
    for (int from = 0; from < requests.size(); from += BATCH) {
      int to = Math.min(from + BATCH, requests.size());
      List<List<@Nullable Object>> replies = executor.executeAll(requests.subList(from, to));
      for (int i = from; i < to; i++) {
        count.setCurrent(
            keys.get(i), Generation.currentToken(scripts, OPERATION, replies.get(i - from).get(0)));
      }
    }
  }

  private void measure(RedisExecutor master, List<NamedEntry> entries) {
    for (int from = 0; from < entries.size() && refusal == null; from += BATCH) {
      List<NamedEntry> batch = entries.subList(from, Math.min(from + BATCH, entries.size()));
      List<CommandArguments> commands = new ArrayList<>();
      for (NamedEntry entry : batch) {
        commands.add(new CommandArguments(Command.MEMORY).add("USAGE").add(entry.name.array()));
      }
      List<@Nullable Object> replies = master.execute(request(batch.get(0).name, commands));
      for (int i = 0; i < replies.size(); i++) {
        Object reply = replies.get(i);
        if (reply instanceof Long bytes) {
          count.addSize(batch.get(i).parts, bytes);
        } else if (reply instanceof JedisDataException error) {
          refusal = error.getMessage();
        }
        // Else the entry is gone by now.
      }
    }
  }

  private static Request request(Bytes route, List<CommandArguments> commands) {
    return new Request(OPERATION, route, /* idempotent= */ true, commands);
  }

  /** An entry by its name, and the parts of that. */
  private record NamedEntry(Bytes name, EntryName parts) {}
}
