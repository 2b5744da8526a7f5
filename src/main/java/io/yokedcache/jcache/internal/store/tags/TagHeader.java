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
    if (entry.length == 0) {
      return null;
    }
    List<Bytes> tags = new ArrayList<>();
    List<Bytes> tokens = new ArrayList<>();
    int at = 1;
    for (int left = Byte.toUnsignedInt(entry[0]); left > 0; left--) {
      int length = at < entry.length ? Byte.toUnsignedInt(entry[at]) : 0;
      int token = at + 1 + length;
      int end = token + TOKEN_LENGTH;
      if (end > entry.length) {
        return null;
      }
      tags.add(Bytes.of(Arrays.copyOfRange(entry, at + 1, token)));
      tokens.add(Bytes.of(Arrays.copyOfRange(entry, token, end)));
      at = end;
    }
    return new TagHeader(tags, tokens, Bytes.of(Arrays.copyOf(entry, at)));
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

  /** The value of an entry with this header. */
  public byte[] valueOf(byte[] entry) {
    return Arrays.copyOfRange(entry, bytes.length(), entry.length);
  }
}
