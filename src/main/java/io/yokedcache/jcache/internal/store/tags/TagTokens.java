package io.yokedcache.jcache.internal.store.tags;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.Script;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;

/**
 * The headers of entries and the tokens of tags, read apart from each other. Only a bucket whose
 * slot is on its way between two nodes of a cluster needs it, where no script can have both: the
 * entry may be at one node and the tokens at the other. An entry whose header was read first counts
 * if its tags have the same tokens afterwards, since a token never comes back.
 *
 * <p>Safe for use by several threads.
 */
public final class TagTokens {

  private static final Script TOKENS =
      new Script(TagTokens.class, "tokens.lua", /* idempotent= */ true);

  private static final SecureRandom RANDOM = new SecureRandom();

  private final RedisExecutor executor;
  private final KeySpace names;

  public TagTokens(RedisExecutor executor, KeySpace names) {
    this.executor = executor;
    this.names = names;
  }

  /** A token for tags that have none: random, so that no token of a tag comes back. */
  public static byte[] create() {
    byte[] token = new byte[TagHeader.TOKEN_LENGTH];
    RANDOM.nextBytes(token);
    return token;
  }

  /**
   * The facts that a change of an entry needs.
   *
   * @param found the bytes of the header of the entry; empty if there is no entry
   * @param counts whether the entry has no invalidated tag
   * @param stored the header with which a new value is stored
   */
  public record BeforeChange(Bytes found, boolean counts, Bytes stored) {}

  /**
   * Reads the header of an entry, and the tokens of its tags.
   *
   * @param tags those of the new value; they get tokens if they have none
   */
  public BeforeChange beforeChange(String operation, int bucket, byte[] entry, List<Bytes> tags) {
    CommandArguments beginning =
        new CommandArguments(Command.GETRANGE).add(entry).add(0).add(TagHeader.MAX_LENGTH - 1);
    Request request =
        new Request(operation, Bytes.of(entry), /* idempotent= */ true, List.of(beginning));
    Object reply = executor.checked(operation, executor.execute(request).get(0));
    byte[] raw = reply instanceof byte[] bytes ? bytes : new byte[0];
    TagHeader header = TagHeader.of(raw);
    Map<Bytes, Bytes> present =
        tokens(operation, bucket, tags, header == null ? List.of() : header.tags());
    List<Bytes> given = new ArrayList<>(tags.size());
    tags.forEach(tag -> given.add(requireNonNull(present.get(tag)))); // they have tokens now
    return new BeforeChange(
        header == null ? Bytes.of(raw) : header.bytes(),
        header != null && header.isLive(present),
        TagHeader.of(tags, given).bytes());
  }

  /** Returns the present tokens of those tags that have one. */
  public Map<Bytes, Bytes> present(String operation, int bucket, Collection<Bytes> tags) {
    return tokens(operation, bucket, List.of(), tags);
  }

  private Map<Bytes, Bytes> tokens(
      String operation, int bucket, List<Bytes> needed, Collection<Bytes> others) {
    Set<Bytes> tags = new LinkedHashSet<>(needed);
    int count = tags.size();
    tags.addAll(others);
    if (tags.isEmpty()) {
      return Map.of();
    }
    List<byte[]> arguments = new ArrayList<>(tags.size() + 2);
    arguments.add(create());
    arguments.add(ascii(count));
    tags.forEach(tag -> arguments.add(tag.array()));
    Object reply = executor.call(operation, TOKENS.call(List.of(names.tagsKey(bucket)), arguments));
    if (!(reply instanceof List<?> tokens) || tokens.size() != tags.size()) {
      throw new CacheException("tokens.lua answered " + reply);
    }
    Map<Bytes, Bytes> present = new HashMap<>();
    int at = 0;
    for (Bytes tag : tags) {
      @Nullable Object token = tokens.get(at++);
      if (token instanceof byte[] bytes) {
        present.put(tag, Bytes.of(bytes));
      }
    }
    return present;
  }

  private static byte[] ascii(int number) {
    return Integer.toString(number).getBytes(US_ASCII);
  }
}
