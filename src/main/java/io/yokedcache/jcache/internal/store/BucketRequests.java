package io.yokedcache.jcache.internal.store;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.Script;
import io.yokedcache.jcache.internal.redis.error.ErrorReply;
import io.yokedcache.jcache.internal.store.EntryStore.StoredValue;
import io.yokedcache.jcache.internal.store.generation.Generation;
import io.yokedcache.jcache.internal.store.generation.GenerationGuard;
import io.yokedcache.jcache.internal.store.generation.GenerationGuard.BucketRequest;
import io.yokedcache.jcache.internal.store.generation.GenerationGuard.GuardedCommands;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import io.yokedcache.jcache.internal.store.tags.TagHeader;
import io.yokedcache.jcache.internal.store.tags.TagTokens;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.Protocol.Keyword;
import redis.clients.jedis.exceptions.JedisNoScriptException;

/**
 * The requests for entries of one bucket that have no condition, and the results by their replies:
 * reads, and changes of the time to live alone. A cache without tags is read by plain commands. A
 * cache with tags is read by a script, which compares the tokens of the tags. Safe for use by
 * several threads.
 */
final class BucketRequests {

  private static final Script READ =
      new Script(BucketRequests.class, List.of("live.lua", "read.lua"), /* idempotent= */ true);

  private static final Script TOUCH =
      new Script(BucketRequests.class, "touch.lua", /* idempotent= */ false);

  /** The reply to PTTL for a key that does not exist. */
  private static final Long NO_ENTRY = -2L;

  private static final byte[] VALUE = "value".getBytes(US_ASCII);
  private static final byte[] TTL = "ttl".getBytes(US_ASCII);
  private static final byte[] VALUE_AND_TTL = "value+ttl".getBytes(US_ASCII);
  private static final byte[] HEADER = "header".getBytes(US_ASCII);
  private static final byte[] HEADER_AND_TTL = "header+ttl".getBytes(US_ASCII);
  private static final byte[] EXISTS = "exists".getBytes(US_ASCII);

  /**
   * From this size on, a script does not return the values of entries with tags: it would copy them
   * twice more, which takes longer than one more command.
   */
  private static final int LARGE_BYTES = 4_096;

  private final RedisExecutor executor;
  private final KeySpace names;
  private final GenerationGuard guard;
  private final ValueSizes sizes;
  private final boolean hasTags;

  /**
   * Creates the requests of a cache.
   *
   * @param sizes estimates the size of the replies, and learns from them
   */
  BucketRequests(StoredCache cache, ValueSizes sizes) {
    this.executor = cache.executor();
    this.names = cache.names();
    this.guard = cache.guard();
    this.sizes = sizes;
    this.hasTags = cache.generations().hasTags();
  }

  /** Reads values, and sets the times to live of the entries. */
  BucketRequest<@Nullable Bytes> values(String operation, Ttl onAccess) {
    return hasTags
        ? new TaggedRequest<@Nullable Bytes>(
            operation,
            VALUE,
            onAccess.isUnchanged() ? null : key -> onAccess,
            reply -> value(withoutHeader(reply)))
        : new Values(operation, onAccess);
  }

  /** Reads values with the times to live of the entries, which stay as they are. */
  BucketRequest<@Nullable StoredValue> valuesWithTtl(String operation) {
    return hasTags ? new TaggedValuesWithTtl(operation) : new ValuesWithTtl(operation);
  }

  /** Reads times to live: {@link Ttl#ETERNAL} for an entry without one, {@code null} for none. */
  BucketRequest<@Nullable Ttl> ttl(String operation) {
    return hasTags
        ? new TaggedRequest<>(operation, TTL, /* onAccess= */ null, BucketRequests::timeToLive)
        : new CommandPerEntry<@Nullable Ttl>(
            operation,
            (key, entry) -> new CommandArguments(Command.PTTL).add(entry),
            BucketRequests::timeToLive);
  }

  /** Reads whether there are entries. */
  BucketRequest<Boolean> exists(String operation) {
    return hasTags
        ? new TaggedRequest<>(operation, EXISTS, /* onAccess= */ null, BucketRequests::isOne)
        : new CommandPerEntry<>(
            operation,
            (key, entry) -> new CommandArguments(Command.EXISTS).add(entry),
            BucketRequests::isOne);
  }

  /** Sets the times to live of the entries that exist; the results mean nothing. */
  BucketRequest<@Nullable Object> touch(String operation, Function<Bytes, Ttl> ttl) {
    return hasTags
        ? new TaggedRequest<>(operation, EXISTS, ttl, reply -> reply)
        : new CommandPerEntry<@Nullable Object>(
            operation, (key, entry) -> touching(entry, ttl.apply(key)), reply -> reply);
  }

  /** Sets the time to live of one entry, and reads whether there is one. */
  BucketRequest<Boolean> expire(String operation, Ttl ttl) {
    return hasTags
        ? new TaggedRequest<>(operation, EXISTS, key -> ttl, BucketRequests::isOne)
        : new GuardedCommands<Boolean>(guard, operation) {
          @Override
          protected List<CommandArguments> commands(Generation generation, List<Bytes> keys) {
            byte[] entry = KeySpace.entryKey(generation.entryPrefix(), keys.get(0));
            // PERSIST does not tell an eternal entry from none.
            return List.of(touching(entry, ttl), new CommandArguments(Command.EXISTS).add(entry));
          }

          @Override
          protected List<Boolean> resultsOf(Generation generation, List<@Nullable Object> replies) {
            return List.of(isOne(replies.get(1)));
          }
        };
  }

  private static Boolean isOne(@Nullable Object reply) {
    return Long.valueOf(1).equals(reply);
  }

  private static @Nullable Ttl timeToLive(@Nullable Object reply) {
    if (!(reply instanceof Long millis) || millis < Ttl.ETERNAL.millis()) {
      return null;
    }
    // An entry in its last millisecond is there.
    return millis == 0 ? Ttl.ofMillis(1) : new Ttl(millis);
  }

  private static byte @Nullable [] withoutHeader(@Nullable Object reply) {
    return reply instanceof byte[] raw ? TagHeader.valueIn(raw) : null;
  }

  private static byte[] millis(Ttl ttl) {
    return Long.toString(ttl.millis()).getBytes(US_ASCII);
  }

  private static boolean startsWith(byte[] value, byte[] start) {
    return value.length >= start.length
        && Arrays.equals(value, 0, start.length, start, 0, start.length);
  }

  private @Nullable Bytes value(@Nullable Object reply) {
    return reply instanceof byte[] raw ? sizes.read(raw) : null;
  }

  private List<@Nullable Bytes> bytes(String operation, List<? extends @Nullable Object> replies) {
    List<@Nullable Bytes> values = new ArrayList<>(replies.size());
    for (Object reply : replies) {
      values.add(executor.checked(operation, reply) instanceof byte[] raw ? sizes.read(raw) : null);
    }
    return values;
  }

  /** The elements of a reply that is a list. */
  static List<? extends @Nullable Object> list(@Nullable Object reply) {
    if (reply instanceof List<?> list) {
      return list;
    }
    throw new CacheException("Redis answered something else than a list: " + reply);
  }

  private static CommandArguments getAndTouch(Bytes entry, Ttl ttl) {
    if (ttl.isZero()) {
      return new CommandArguments(Command.GETDEL).add(entry);
    }
    CommandArguments command = new CommandArguments(Command.GETEX).add(entry);
    return ttl.isEternal()
        ? command.add(Keyword.PERSIST)
        : command.add(Keyword.PX).add(ttl.millis());
  }

  private static CommandArguments touching(byte[] entry, Ttl ttl) {
    if (ttl.isZero()) {
      return new CommandArguments(Command.DEL).add(entry);
    }
    return ttl.isEternal()
        ? new CommandArguments(Command.PERSIST).add(entry)
        : new CommandArguments(Command.PEXPIRE).add(entry).add(ttl.millis());
  }

  /** Sends one plain command for each entry. */
  private final class CommandPerEntry<T extends @Nullable Object> extends GuardedCommands<T> {

    private final BiFunction<Bytes, byte[], CommandArguments> command;
    private final Function<@Nullable Object, T> result;

    /**
     * Creates a request.
     *
     * @param command the command by the key and the name of its entry in Redis
     * @param result the result by the reply
     */
    CommandPerEntry(
        String operation,
        BiFunction<Bytes, byte[], CommandArguments> command,
        Function<@Nullable Object, T> result) {
      super(guard, operation);
      this.command = command;
      this.result = result;
    }

    @Override
    protected List<CommandArguments> commands(Generation generation, List<Bytes> keys) {
      List<CommandArguments> commands = new ArrayList<>(keys.size());
      for (Bytes key : keys) {
        commands.add(command.apply(key, KeySpace.entryKey(generation.entryPrefix(), key)));
      }
      return commands;
    }

    @Override
    protected List<T> resultsOf(Generation generation, List<@Nullable Object> replies) {
      List<T> results = new ArrayList<>(replies.size());
      replies.forEach(reply -> results.add(result.apply(reply)));
      return results;
    }
  }

  /** Reads values, and sets the times to live of the entries. */
  private final class Values implements BucketRequest<@Nullable Bytes> {

    private final String operation;
    private final Ttl onAccess;

    Values(String operation, Ttl onAccess) {
      this.operation = operation;
      this.onAccess = onAccess;
    }

    @Override
    public Request create(int bucket, Generation generation, List<Bytes> keys) {
      Bytes generationKey = names.route(bucket);
      List<CommandArguments> commands = new ArrayList<>();
      CommandArguments first =
          new CommandArguments(onAccess.isUnchanged() ? Command.MGET : Command.GET)
              .add(generationKey);
      commands.add(first);
      for (Bytes key : keys) {
        Bytes entry = Bytes.of(KeySpace.entryKey(generation.entryPrefix(), key));
        if (onAccess.isUnchanged()) {
          first.add(entry);
        } else {
          commands.add(getAndTouch(entry, onAccess));
        }
      }
      return new Request(
          operation,
          generationKey,
          /* idempotent= */ !onAccess.isZero(),
          commands,
          sizes.expected(keys.size()));
    }

    @Override
    public @Nullable List<@Nullable Bytes> results(
        int bucket, Generation generation, List<Bytes> keys, List<@Nullable Object> replies) {
      List<? extends @Nullable Object> flat =
          onAccess.isUnchanged() ? list(executor.checked(operation, replies.get(0))) : replies;
      return guard.verified(bucket, generation, flat.get(0))
          ? bytes(operation, flat.subList(1, flat.size()))
          : null;
    }
  }

  /** Reads values with the times to live of the entries, which stay as they are. */
  private final class ValuesWithTtl extends GuardedCommands<@Nullable StoredValue> {

    ValuesWithTtl(String operation) {
      super(guard, operation);
    }

    @Override
    protected int replyBytes(int count) {
      return sizes.expected(count);
    }

    @Override
    protected List<CommandArguments> commands(Generation generation, List<Bytes> keys) {
      List<CommandArguments> commands = new ArrayList<>(keys.size() + 1);
      CommandArguments values = new CommandArguments(Command.MGET);
      commands.add(values);
      for (Bytes key : keys) {
        Bytes entry = Bytes.of(KeySpace.entryKey(generation.entryPrefix(), key));
        values.add(entry);
        commands.add(new CommandArguments(Command.PTTL).add(entry));
      }
      return commands;
    }

    @Override
    protected List<@Nullable StoredValue> resultsOf(
        Generation generation, List<@Nullable Object> replies) {
      List<? extends @Nullable Object> values = list(replies.get(0));
      List<@Nullable StoredValue> found = new ArrayList<>(values.size());
      for (int i = 0; i < values.size(); i++) {
        found.add(stored(values.get(i), replies.get(i + 1), generation));
      }
      return found;
    }
  }

  private @Nullable StoredValue stored(
      @Nullable Object value, @Nullable Object ttl, Generation generation) {
    Bytes bytes = value(value);
    return bytes == null || !(ttl instanceof Long millis)
        ? null
        : new StoredValue(bytes, millis, generation);
  }

  /**
   * Reads entries of a cache with tags, or sets their times to live, by a script, which compares
   * the tokens of their tags. Large values are read by a plain command before the script, in the
   * same round trip. Such a value counts if the script finds its header, with the present tokens: a
   * token never comes back, so the value counted when it was read. For one operation; safe for use
   * by several threads.
   *
   * @param <T> the result for each key
   */
  private class TaggedRequest<T extends @Nullable Object> implements BucketRequest<T> {

    private final String operation;
    private final byte[] wanted;
    private final @Nullable Function<Bytes, Ttl> onAccess;
    private final Function<@Nullable Object, T> result;

    /** Whether a server has forgotten the script, so that the requests bring its text. */
    private volatile boolean isForgotten;

    /** Whether an entry was changed behind the plain command, so that the script reads all. */
    private volatile boolean isChanging;

    /** The buckets whose slot is on its way, so that the script cannot have their keys. */
    private volatile Set<Integer> onTheirWay = Set.of();

    /**
     * Creates a request.
     *
     * @param wanted the result of {@code read.lua} for each entry
     * @param onAccess the time to live of each entry afterwards, or {@code null} if it stays
     * @param result the result by the script's reply for an entry
     */
    TaggedRequest(
        String operation,
        byte[] wanted,
        @Nullable Function<Bytes, Ttl> onAccess,
        Function<@Nullable Object, T> result) {
      this.operation = operation;
      this.wanted = wanted;
      this.onAccess = onAccess;
      this.result = result;
    }

    @Override
    public Request create(int bucket, Generation generation, List<Bytes> keys) {
      if (onTheirWay.contains(bucket)) {
        return keyByKey(bucket, generation, keys);
      }
      List<byte[]> scriptKeys = new ArrayList<>(keys.size() + 2);
      scriptKeys.add(names.generationKey(bucket));
      scriptKeys.add(names.tagsKey(bucket));
      CommandArguments values = new CommandArguments(Command.MGET);
      boolean deletes = false;
      for (Bytes key : keys) {
        byte[] entry = KeySpace.entryKey(generation.entryPrefix(), key);
        scriptKeys.add(entry);
        values.add(entry);
        deletes |= ttlOf(key).isZero();
      }
      // An entry that the script deletes is returned by the script.
      boolean isApart = !deletes && readsValuesApart();
      List<byte[]> arguments = new ArrayList<>(keys.size() + 1);
      arguments.add(!isApart ? wanted : wanted == VALUE ? HEADER : HEADER_AND_TTL);
      if (onAccess != null) {
        keys.forEach(key -> arguments.add(millis(ttlOf(key))));
      }
      Script.Call call = READ.call(scriptKeys, arguments);
      CommandArguments script = isForgotten ? call.byText() : call.byDigest();
      return new Request(
          operation,
          names.route(bucket),
          /* idempotent= */ !deletes,
          isApart ? List.of(values, script) : List.of(script),
          sizes.expected(keys.size()));
    }

    private Ttl ttlOf(Bytes key) {
      return onAccess == null ? Ttl.UNCHANGED : onAccess.apply(key);
    }

    /** Whether values are read by a plain command, and the script returns their headers. */
    private boolean readsValuesApart() {
      return !isChanging
          && (wanted == VALUE || wanted == VALUE_AND_TTL)
          && sizes.expected(1) >= LARGE_BYTES;
    }

    @Override
    public @Nullable List<T> results(
        int bucket, Generation generation, List<Bytes> keys, List<@Nullable Object> replies) {
      if (onTheirWay.contains(bucket)) {
        replies.forEach(reply -> executor.checked(operation, reply));
        return guard.verified(bucket, generation, replies.get(0))
            ? resultsOf(generation, liveOf(bucket, generation, keys, replies))
            : null;
      }
      Object checked = replies.get(replies.size() - 1);
      if (ErrorReply.isTryAgain(checked)) {
        Set<Integer> more = new HashSet<>(onTheirWay);
        more.add(bucket);
        onTheirWay = more; // another thread may have added the same
        return null; // the request is repeated
      }
      if (checked instanceof JedisNoScriptException) {
        isForgotten = true;
        return null; // the request is repeated
      }
      List<? extends @Nullable Object> flat = list(executor.checked(operation, checked));
      if (!guard.verified(bucket, generation, flat.get(0))) {
        return null;
      }
      List<? extends @Nullable Object> live = flat.subList(1, flat.size());
      if (replies.size() > 1) {
        live = withValues(live, list(executor.checked(operation, replies.get(0))));
        if (live == null) {
          isChanging = true;
          return null; // the request is repeated
        }
      }
      return resultsOf(generation, live);
    }

    /**
     * Puts values that were read before the script in place of their headers.
     *
     * @return {@code null} if an entry was changed between the two
     */
    private @Nullable List<@Nullable Object> withValues(
        List<? extends @Nullable Object> checked, List<? extends @Nullable Object> values) {
      List<@Nullable Object> live = new ArrayList<>(checked);
      int elements = checked.size() / values.size();
      for (int i = 0; i < values.size(); i++) {
        if (checked.get(i * elements) instanceof byte[] header) {
          if (!(values.get(i) instanceof byte[] value) || !startsWith(value, header)) {
            return null;
          }
          live.set(i * elements, value);
        }
      }
      return live;
    }

    /** Reads the entries with their headers; the tokens of their tags are read afterwards. */
    private Request keyByKey(int bucket, Generation generation, List<Bytes> keys) {
      List<CommandArguments> commands = new ArrayList<>(2 * keys.size());
      for (Bytes key : keys) {
        byte[] entry = KeySpace.entryKey(generation.entryPrefix(), key);
        commands.add(new CommandArguments(Command.GET).add(entry));
        commands.add(new CommandArguments(Command.PTTL).add(entry));
      }
      return guard.withGenerationFirst(
          operation, bucket, /* idempotent= */ true, commands, sizes.expected(keys.size()));
    }

    /** What the script would have returned, by the replies to {@link #keyByKey}. */
    private List<@Nullable Object> liveOf(
        int bucket, Generation generation, List<Bytes> keys, List<@Nullable Object> replies) {
      List<@Nullable TagHeader> headers = new ArrayList<>(keys.size());
      Set<Bytes> found = new HashSet<>();
      for (int i = 0; i < keys.size(); i++) {
        TagHeader header = replies.get(2 * i + 1) instanceof byte[] raw ? TagHeader.of(raw) : null;
        headers.add(header);
        if (header != null) {
          found.addAll(header.tags());
        }
      }
      Map<Bytes, Bytes> present = new TagTokens(executor, names).present(operation, bucket, found);
      List<@Nullable Object> live = new ArrayList<>(2 * keys.size());
      for (int i = 0; i < keys.size(); i++) {
        TagHeader header = headers.get(i);
        if (header != null
            && header.isLive(present)
            && replies.get(2 * i + 1) instanceof byte[] raw
            && replies.get(2 * i + 2) instanceof Long ttl
            && ttl >= Ttl.ETERNAL.millis()) {
          addTo(live, raw, 1L, ttl);
          touch(generation, keys.get(i), raw);
        } else {
          addTo(live, null, 0L, NO_ENTRY);
        }
      }
      return live;
    }

    private void addTo(
        List<@Nullable Object> live, byte @Nullable [] value, Long exists, Long ttl) {
      if (wanted == EXISTS) {
        live.add(exists);
      }
      if (wanted == VALUE || wanted == VALUE_AND_TTL) {
        live.add(value);
      }
      if (wanted == TTL || wanted == VALUE_AND_TTL) {
        live.add(ttl);
      }
    }

    private void touch(Generation generation, Bytes key, byte[] raw) {
      Ttl ttl = ttlOf(key);
      if (!ttl.isUnchanged()) {
        byte[] entry = KeySpace.entryKey(generation.entryPrefix(), key);
        Script.Call call = TOUCH.call(List.of(entry), List.of(raw, millis(ttl)));
        Object unused = executor.call(operation, call);
      }
    }

    /** The results for the keys by what the script returned. */
    List<T> resultsOf(Generation generation, List<? extends @Nullable Object> replies) {
      List<T> results = new ArrayList<>(replies.size());
      replies.forEach(reply -> results.add(result.apply(reply)));
      return results;
    }
  }

  /** Reads entries of a cache with tags with their times to live. */
  private final class TaggedValuesWithTtl extends TaggedRequest<@Nullable StoredValue> {

    TaggedValuesWithTtl(String operation) {
      super(operation, VALUE_AND_TTL, /* onAccess= */ null, reply -> null);
    }

    @Override
    List<@Nullable StoredValue> resultsOf(
        Generation generation, List<? extends @Nullable Object> replies) {
      List<@Nullable StoredValue> found = new ArrayList<>(replies.size() / 2);
      for (int i = 0; i < replies.size(); i += 2) {
        StoredValue entry = stored(withoutHeader(replies.get(i)), replies.get(i + 1), generation);
        TagHeader header = replies.get(i) instanceof byte[] raw ? TagHeader.of(raw) : null;
        found.add(entry == null || header == null ? null : entry.withTags(header.tags()));
      }
      return found;
    }
  }
}
