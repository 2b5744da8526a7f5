package io.yokedcache.jcache.internal.store.tags;

import io.yokedcache.jcache.internal.redis.Bytes;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The header of an entry of a cache with tags: the number of its tags in one byte, then for each
 * tag its length in one byte, the tag, and the token that the tag had when the entry was written.
 * Immutable. {@code live.lua} reads and writes the same form.
 *
 * @param tags the tags
 * @param tokens the token of each tag
 * @param bytes the header as it is stored
 */
public record TagHeader(List<Bytes> tags, List<Bytes> tokens, Bytes bytes) {

  /** The number of bytes of the token of a tag. */
  public static final int TOKEN_LENGTH = 8;

  private static final int MAX_TAGS = 255;
  private static final int MAX_TAG_LENGTH = 255;

  /** No header is longer. */
  static final int MAX_LENGTH = 1 + MAX_TAGS * (1 + MAX_TAG_LENGTH + TOKEN_LENGTH);

  /** Reads the header of an entry, or returns {@code null} if it is not complete. */
  public static @Nullable TagHeader of(byte[] entry) {
    int end = endIn(entry);
    if (end < 0) {
      return null;
    }
    List<Bytes> tags = new ArrayList<>();
    List<Bytes> tokens = new ArrayList<>();
    for (int at = 1; at < end; ) {
      int token = at + 1 + Byte.toUnsignedInt(entry[at]);
      tags.add(Bytes.of(Arrays.copyOfRange(entry, at + 1, token)));
      at = token + TOKEN_LENGTH;
      tokens.add(Bytes.of(Arrays.copyOfRange(entry, token, at)));
    }
    return new TagHeader(tags, tokens, Bytes.of(Arrays.copyOf(entry, end)));
  }

  /** The value behind the header of an entry, or {@code null} if the header is not complete. */
  public static byte @Nullable [] valueIn(byte[] entry) {
    int end = endIn(entry);
    return end < 0 ? null : Arrays.copyOfRange(entry, end, entry.length);
  }

  /** Where the header of an entry ends, or -1 if it is not complete. */
  private static int endIn(byte[] entry) {
    if (entry.length == 0) {
      return -1;
    }
    int at = 1;
    for (int left = Byte.toUnsignedInt(entry[0]); left > 0; left--) {
      if (at >= entry.length) {
        return -1;
      }
      at += 1 + Byte.toUnsignedInt(entry[at]) + TOKEN_LENGTH;
    }
    return at <= entry.length ? at : -1;
  }

  /** Makes the header of an entry whose tags all have tokens. */
  static TagHeader of(List<Bytes> tags, List<Bytes> tokens) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(tags.size());
    for (int i = 0; i < tags.size(); i++) {
      bytes.write(tags.get(i).length());
      bytes.writeBytes(tags.get(i).array());
      bytes.writeBytes(tokens.get(i).array());
    }
    return new TagHeader(List.copyOf(tags), List.copyOf(tokens), Bytes.of(bytes.toByteArray()));
  }

  /** Whether an entry with this header counts: each of its tags still has the same token. */
  public boolean isLive(Map<Bytes, Bytes> present) {
    for (int i = 0; i < tags.size(); i++) {
      Bytes token = present.get(tags.get(i));
      if (token == null || !token.equals(tokens.get(i))) {
        return false;
      }
    }
    return true;
  }
}
