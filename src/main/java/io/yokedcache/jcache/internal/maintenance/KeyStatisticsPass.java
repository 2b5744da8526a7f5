package io.yokedcache.jcache.internal.maintenance;

import io.yokedcache.jcache.internal.maintenance.KeyStatisticsReport.Size;
import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.store.keys.KeySpace.EntryName;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * A walk that counts the entries of every cache of a namespace. All caches share one walk, since
 * {@code SCAN} looks at every key whatever its pattern.
 */
abstract class KeyStatisticsPass extends KeyWalk {

  /** The number of commands in a round trip. */
  private static final int BATCH = 100;

  private final Task task;
  private final EntryCount count = new EntryCount();

  /** The generation keys to read once more after the last page, or {@code null} before it. */
  private @Nullable Deque<String> unverified;

  /** The error reply to {@code MEMORY USAGE}, or {@code null} if there was none. */
  private @Nullable String refusal;

  KeyStatisticsPass(Task task) {
    super(task);
    this.task = task;
  }

  @Override
  final boolean hasRest() {
    return unverified == null || !unverified.isEmpty();
  }

  @Override
  final void handleRest() {
    if (unverified == null) {
      unverified = new ArrayDeque<>(count.generationKeys());
    }
    List<String> page = new ArrayList<>();
    while (page.size() < task.load.pageSize() && !unverified.isEmpty()) {
      page.add(unverified.removeFirst());
    }
    readTokens(page);
  }

  /** The number of entries and their sizes, by the caches' escaped names. */
  Map<String, Size> sizes() {
    return count.sizes();
  }

  @Nullable String refusal() {
    return refusal;
  }

  @Override
  final double handle(List<byte[]> names) {
    List<NamedEntry> entries = new ArrayList<>();
    Set<String> unknown = new LinkedHashSet<>();
    for (byte[] name : names) {
      EntryName entry = EntryName.parse(name);
      if (entry != null) {
        entries.add(new NamedEntry(Bytes.of(name), entry));
        if (count.needsToken(entry)) {
          unknown.add(entry.generationKey());
        }
      }
    }
    readTokens(unknown);
    entries.removeIf(entry -> !count.add(entry.parts));
    measure(entries);
    return task.load.dutyCycle();
  }

  /** Reads the current tokens of some generations. */
  private void readTokens(Collection<String> generationKeys) {
    List<String> keys = List.copyOf(generationKeys);
    for (int from = 0; from < keys.size(); from += BATCH) {
      task.currentTokens(keys.subList(from, Math.min(from + BATCH, keys.size())))
          .forEach(count::setCurrent);
    }
  }

  /** Asks for the sizes of entries; those of one bucket are in one slot and share a request. */
  private void measure(List<NamedEntry> entries) {
    for (int from = 0; from < entries.size() && refusal == null; from += BATCH) {
      Map<String, List<NamedEntry>> byBucket = new LinkedHashMap<>();
      entries
          .subList(from, Math.min(from + BATCH, entries.size()))
          .forEach(
              entry ->
                  byBucket
                      .computeIfAbsent(entry.parts.generationKey(), key -> new ArrayList<>())
                      .add(entry));
      List<Request> requests = new ArrayList<>();
      for (List<NamedEntry> bucket : byBucket.values()) {
        List<CommandArguments> commands = new ArrayList<>();
        for (NamedEntry entry : bucket) {
          commands.add(new CommandArguments(Command.MEMORY).add("USAGE").add(entry.name.array()));
        }
        requests.add(task.request(bucket.get(0).name, commands));
      }
      Iterator<List<@Nullable Object>> replies = task.executor.executeAll(requests).iterator();
      byBucket.values().forEach(bucket -> addSizes(bucket, replies.next()));
    }
  }

  private void addSizes(List<NamedEntry> entries, List<@Nullable Object> replies) {
    for (int i = 0; i < replies.size(); i++) {
      Object reply = replies.get(i);
      if (reply instanceof Long bytes) {
        count.addSize(entries.get(i).parts, bytes);
      } else if (reply instanceof JedisDataException error) {
        refusal = error.getMessage();
      }
      // Else the entry is gone.
    }
  }

  private record NamedEntry(Bytes name, EntryName parts) {}
}
