package io.yokedcache.jcache.internal.store;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.Script;
import io.yokedcache.jcache.internal.store.Mutation.Condition;
import io.yokedcache.jcache.internal.store.Mutation.Outcome;
import io.yokedcache.jcache.internal.store.generation.Generation;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import io.yokedcache.jcache.internal.store.tags.TagTokens;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.Protocol.Keyword;

/**
 * Translates a mutation to one plain command if Redis has one for it, else to a call of {@code
 * apply.lua}, which costs the server about three times as much.
 */
final class Planner {

  private static final Script APPLY =
      new Script(Planner.class, "apply.lua", /* idempotent= */ false);

  private static final Script APPLY_WITH_TAGS =
      new Script(Planner.class, List.of("live.lua", "apply.lua"), /* idempotent= */ false);

  private static final byte[] ONE = utf8("1");
  private static final byte[] ZERO = utf8("0");
  private static final byte[] NOTHING = new byte[0];

  private final KeySpace names;
  private final byte[] channel;
  private final byte[] origin;
  private final boolean hasTags;

  /**
   * Creates a planner.
   *
   * @param channel the channel of changes
   * @param origin eight bytes that identify the events of this cache object
   * @param hasTags whether entries may have tags, which only the script looks at
   */
  Planner(KeySpace names, byte[] channel, byte[] origin, boolean hasTags) {
    this.hasTags = hasTags;
    this.names = names;
    this.channel = channel;
    this.origin = origin;
  }

  /** Whether a plain command exists for a mutation that no other JVM listens to. */
  static boolean isPlain(Mutation mutation) {
    if (mutation.value() == null) {
      return mutation.condition() == Condition.ANY || mutation.condition() == Condition.PRESENT;
    }
    return switch (mutation.condition()) {
      case ANY ->
          mutation.onCreation().equals(mutation.onUpdate())
              && !mutation.onCreation().isZero()
              && (mutation.wantsPrior() || !mutation.wantsChange());
      case ABSENT -> !mutation.onCreation().isZero() && !mutation.wantsPrior();
      case PRESENT -> !mutation.onUpdate().isZero();
      case EQUAL -> false;
    };
  }

  /** The plain command of a mutation for which {@link #isPlain} holds. */
  static CommandArguments plain(Mutation mutation, Generation generation) {
    Bytes entry = Bytes.of(KeySpace.entryKey(generation.entryPrefix(), mutation.key()));
    Bytes value = mutation.value();
    if (value == null) {
      return new CommandArguments(mutation.wantsPrior() ? Command.GETDEL : Command.DEL).add(entry);
    }
    CommandArguments set = new CommandArguments(Command.SET).add(entry).add(value);
    Ttl ttl =
        mutation.condition() == Condition.PRESENT ? mutation.onUpdate() : mutation.onCreation();
    if (mutation.condition() == Condition.ABSENT) {
      set.add(Keyword.NX);
    } else if (mutation.condition() == Condition.PRESENT) {
      set.add(Keyword.XX);
    }
    if (mutation.wantsPrior()) {
      set.add(Keyword.GET);
    }
    if (ttl.isUnchanged() && mutation.condition() != Condition.ABSENT) {
      set.add(Keyword.KEEPTTL);
    } else if (ttl.millis() > 0) {
      set.add(Keyword.PX).add(ttl.millis());
    }
    return set;
  }

  /** The outcome by the reply to {@link #plain}. */
  static Outcome readPlain(Mutation mutation, @Nullable Object reply) {
    Bytes prior = mutation.wantsPrior() && reply instanceof byte[] old ? Bytes.of(old) : null;
    if (mutation.value() == null) {
      boolean removed = prior != null || (reply instanceof Long count && count > 0);
      return removed ? new Outcome(Change.REMOVED, prior) : Outcome.NONE;
    }
    if (mutation.condition() == Condition.ABSENT) {
      return reply == null ? Outcome.NONE : new Outcome(Change.CREATED, null);
    }
    if (mutation.condition() == Condition.PRESENT) {
      return reply == null ? Outcome.NONE : new Outcome(Change.UPDATED, prior);
    }
    if (mutation.wantsPrior()) {
      return new Outcome(prior == null ? Change.CREATED : Change.UPDATED, prior);
    }
    return new Outcome(Change.WRITTEN, null);
  }

  /** The call of {@code apply.lua} for any mutation. */
  Script.Call script(Mutation mutation, int bucket, Generation generation) {
    byte[] generationKey = names.generationKey(bucket);
    byte[] entry = KeySpace.entryKey(generation.entryPrefix(), mutation.key());
    List<byte[]> arguments = arguments(mutation, generation.token());
    if (!hasTags) {
      return APPLY.call(List.of(generationKey, entry), arguments);
    }
    if (!mutation.tags().isEmpty()) {
      arguments.add(TagTokens.create());
      mutation.tags().forEach(tag -> arguments.add(tag.array()));
    }
    return APPLY_WITH_TAGS.call(List.of(generationKey, entry, names.tagsKey(bucket)), arguments);
  }

  /**
   * The call of {@code apply.lua} with the entry alone, for a slot that is on its way.
   *
   * @param content the generation's key as it was read
   * @param tags what was found of the tags, if the cache has some
   */
  Script.Call scriptOfEntry(
      Mutation mutation, byte[] entry, byte[] content, TagTokens.@Nullable BeforeChange tags) {
    List<byte[]> arguments = arguments(mutation, content);
    if (tags != null) {
      arguments.add(tags.found().array());
      arguments.add(tags.counts() ? ONE : ZERO);
      arguments.add(tags.stored().array());
    }
    return APPLY.call(List.of(entry), arguments);
  }

  private List<byte[]> arguments(Mutation mutation, byte[] generation) {
    Bytes expected = mutation.expected();
    Bytes value = mutation.value();
    // Bytes that were too long to be read cannot be compared; any entry is accepted.
    Condition condition =
        expected != null && expected.isTooLong() ? Condition.PRESENT : mutation.condition();
    return new ArrayList<>(
        List.of(
            generation,
            utf8(condition.name()),
            expected == null ? NOTHING : expected.array(),
            utf8(value == null ? "remove" : "write"),
            value == null ? NOTHING : value.array(),
            utf8(Long.toString(mutation.onCreation().millis())),
            utf8(Long.toString(mutation.onUpdate().millis())),
            mutation.wantsPrior() ? ONE : ZERO,
            channel,
            origin,
            mutation.key().array()));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
