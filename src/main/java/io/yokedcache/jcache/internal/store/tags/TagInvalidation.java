package io.yokedcache.jcache.internal.store.tags;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.Script;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;

/**
 * Ends the entries that have one of some tags: deletes the tokens of the tags in each bucket, and
 * has near caches hear of it by a key that changes. Safe for use by several threads.
 */
public final class TagInvalidation {

  private static final Script INVALIDATE_TAGS =
      new Script(TagInvalidation.class, "invalidate-tags.lua", /* idempotent= */ true);

  private final RedisExecutor executor;
  private final KeySpace names;

  public TagInvalidation(RedisExecutor executor, KeySpace names) {
    this.executor = executor;
    this.names = names;
  }

  /** Invalidates some tags: one request for each bucket, all in one round trip. */
  public void invalidate(String operation, List<Bytes> tags) {
    List<byte[]> arguments = tags.stream().map(Bytes::array).toList();
    List<Script.Call> calls = new ArrayList<>(names.buckets());
    for (int bucket = 0; bucket < names.buckets(); bucket++) {
      List<byte[]> keys = new ArrayList<>(tags.size() + 1);
      keys.add(names.tagsKey(bucket));
      for (Bytes tag : tags) {
        keys.add(names.tagInvalidationKey(bucket, tag));
      }
      calls.add(INVALIDATE_TAGS.call(keys, arguments));
    }
    tellNearCaches(operation, tags, executor.callAll(operation, calls));
  }

  /**
   * Has near caches hear of an invalidation in those buckets whose slot is on its way, where the
   * script could not do it: their keys may be at another node than the tokens.
   *
   * @param replies those of the script by bucket, {@code null} where the slot is on its way
   */
  private void tellNearCaches(String operation, List<Bytes> tags, List<@Nullable Object> replies) {
    List<Request> requests = new ArrayList<>(0);
    for (int bucket = 0; bucket < replies.size(); bucket++) {
      if (replies.get(bucket) == null) {
        List<CommandArguments> commands = new ArrayList<>(2 * tags.size());
        for (Bytes tag : tags) {
          byte[] key = names.tagInvalidationKey(bucket, tag);
          commands.add(new CommandArguments(Command.SET).add(key).add("1"));
          commands.add(new CommandArguments(Command.DEL).add(key));
        }
        requests.add(new Request(operation, names.route(bucket), /* idempotent= */ true, commands));
      }
    }
    for (List<@Nullable Object> each : executor.executeAll(requests)) {
      each.forEach(reply -> executor.checked(operation, reply));
    }
  }
}
