package io.yokedcache.jcache;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.internal.redis.Bytes;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The tags of an entry, by which {@link YokedCache#invalidateTags(Tags)} finds it: 1 to 64 texts of
 * 1 to 255 bytes in UTF-8. Immutable, and safe for use by several threads.
 */
public final class Tags {

  private static final int MAX_TAGS = 64;
  private static final int MAX_BYTES = 255;

  private final Set<String> names;
  private final List<Bytes> bytes;

  private Tags(Set<String> names) {
    if (names.isEmpty() || names.size() > MAX_TAGS) {
      throw new IllegalArgumentException(
          "An entry has 1 to " + MAX_TAGS + " tags, and these are " + names.size());
    }
    this.names = names;
    this.bytes = names.stream().map(Tags::bytes).toList();
  }

  /**
   * Returns some tags. Tags that are given twice count once.
   *
   * @throws NullPointerException if a tag is {@code null}
   * @throws IllegalArgumentException if there are none or more than 64, or if one is empty, longer
   *     than 255 bytes in UTF-8, or has half of a surrogate pair
   */
  public static Tags of(String... tags) {
    return of(Arrays.asList(requireNonNull(tags, "tags")));
  }

  /** Returns some tags, as {@link #of(String...)} does. */
  public static Tags of(Collection<String> tags) {
    Set<String> names = new LinkedHashSet<>();
    for (String tag : requireNonNull(tags, "tags")) {
      names.add(requireNonNull(tag, "tag"));
    }
    return new Tags(names);
  }

  private static Bytes bytes(String tag) {
    requireText(tag);
    byte[] utf8 = tag.getBytes(StandardCharsets.UTF_8);
    if (utf8.length == 0 || utf8.length > MAX_BYTES) {
      throw new IllegalArgumentException(
          "A tag has 1 to "
              + MAX_BYTES
              + " bytes in UTF-8, and one of "
              + tag.length()
              + " characters has "
              + utf8.length);
    }
    return Bytes.of(utf8);
  }

  /** Refuses half of a surrogate pair, for which UTF-8 has no bytes. */
  private static void requireText(String tag) {
    for (int i = 0; i < tag.length(); i++) {
      if (Character.isSurrogate(tag.charAt(i))) {
        if (i + 1 == tag.length() || !Character.isSurrogatePair(tag.charAt(i), tag.charAt(i + 1))) {
          throw new IllegalArgumentException(
              "A tag has half of a surrogate pair at index " + i + ", and so is not text");
        }
        i++;
      }
    }
  }

  /** The tags in UTF-8. */
  List<Bytes> bytes() {
    return bytes;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Tags tags && names.equals(tags.names);
  }

  @Override
  public int hashCode() {
    return names.hashCode();
  }

  /** Returns the tags in brackets, with commas between them. */
  @Override
  public String toString() {
    return names.toString();
  }
}
