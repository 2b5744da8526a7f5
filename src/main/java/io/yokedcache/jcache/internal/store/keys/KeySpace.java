package io.yokedcache.jcache.internal.store.keys;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The names of the keys and channels of one cache in Redis. No other class makes names.
 *
 * <pre>
 * generation  yc:{orders#0}                  the bucket's generation
 * about       yc:{orders#0}:about            codecs and types, for human readers
 * entry       yc:{orders#0}:TOKEN:KEY        the value's bytes, behind the tags if the cache has some
 * tags        yc:{orders#0}:tags             hash from the tags to their tokens
 * invalidated yc:{orders#0}:tag-invalidation:cart  never exists for long; its change tells near caches
 * load lease  yc:{orders#0}:lease-of-load:KEY  held by the JVM that loads the key
 * refresh lease  yc:{orders#0}:lease-of-refresh:KEY  held by the JVM that loads the old entry anew
 * channel     yc:{orders}:events             changes, for listeners in other JVMs
 * statistics  yc:key-statistics              the number of entries of each cache
 * leases      yc:key-statistics-lease, yc:stale-entries-lease
 * cleaned     yc:stale-entries-cleaned       there until the next regular cleaning is due
 * announced   yc:announcement                exists while listeners register
 * </pre>
 *
 * <p>The part in braces is the hash tag that keeps a bucket's keys in one slot of a Redis Cluster.
 * If a cache has several buckets, their {@link HashTags} end in a point and a second number.
 */
public final class KeySpace {

  /** The number of bytes of the token of a generation. */
  public static final int TOKEN_LENGTH = 12;

  private static final String PLAIN =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-$/@+";
  private static final byte COLON = ':';
  private static final int MAX_BUCKET_DIGITS = 5;

  /** The keys that Redis compares with a pattern in one call, which takes milliseconds. */
  private static final int FILTERED_PAGE = 1_000;

  /** The most bytes of keys that Redis compares with a pattern. */
  private static final int MAX_FILTERED_BYTES = 256;

  private static final String ABOUT = ":about";
  private static final String TAGS = ":tags";
  private static final String TAG_INVALIDATION = ":tag-invalidation:";
  private static final String LOAD_LEASE = ":lease-of-load:";
  private static final String REFRESH_LEASE = ":lease-of-refresh:";
  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private final String namespace;
  private final String cache;
  private final int buckets;
  private final String prefix;

  /** The generation keys, by bucket. Every operation sends one. */
  private final Bytes[] generationKeys;

  /**
   * Creates the names of a cache.
   *
   * @param namespace first part of every name
   * @param cacheName name of the cache; may contain anything
   * @param buckets over how many hash tags the cache is spread, at least 1
   */
  public KeySpace(String namespace, String cacheName, int buckets) {
    this.namespace = namespace;
    this.cache = escape(cacheName);
    this.buckets = buckets;
    this.prefix = namespace + ":{" + cache + "#";
    this.generationKeys = new Bytes[buckets];
    for (int bucket = 0; bucket < buckets; bucket++) {
      String tag = HashTags.of(cache + "#", bucket, buckets);
      generationKeys[bucket] = Bytes.of(ascii(namespace + ":{" + tag + "}"));
    }
  }

  /**
   * The name of a cache with a percent-encoding of each character that has a meaning in names of
   * keys, in hash tags or in patterns of {@code SCAN}. Different names stay different.
   */
  public static String escape(String cacheName) {
    StringBuilder escaped = new StringBuilder(cacheName.length());
    cacheName.codePoints().forEach(codePoint -> escape(codePoint, escaped));
    // Most names need no escape; then the same string is kept.
    return cacheName.contentEquals(escaped) ? cacheName : escaped.toString();
  }

  private static void escape(int codePoint, StringBuilder escaped) {
    if (PLAIN.indexOf(codePoint) >= 0) {
      escaped.appendCodePoint(codePoint);
    } else if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
      // A lone surrogate has no UTF-8 form; all would become the same question mark.
      escaped.append("%u").append(Integer.toHexString(codePoint));
    } else {
      for (byte b : Character.toString(codePoint).getBytes(StandardCharsets.UTF_8)) {
        escaped.append('%').append(HEX.toHexDigits(b));
      }
    }
  }

  public int buckets() {
    return buckets;
  }

  public int bucketOf(Bytes key) {
    return bucketOf(key, buckets);
  }

  /** The bucket of an encoded key in a cache with so many buckets. */
  public static int bucketOf(Bytes key, int buckets) {
    if (buckets == 1) {
      return 0;
    }
    CRC32C crc = new CRC32C();
    crc.update(key.array());
    return (int) (crc.getValue() % buckets);
  }

  /** The buckets of some keys. */
  public Set<Integer> bucketsOf(Collection<Bytes> keys) {
    Set<Integer> some = new HashSet<>();
    keys.forEach(key -> some.add(bucketOf(key)));
    return some;
  }

  /** The items of a list whose keys are in one bucket. */
  public static final class Bucket {

    private final int number;
    private final int[] places;

    public Bucket(int number, int[] places) {
      this.number = number;
      this.places = places;
    }

    public int number() {
      return number;
    }

    /** Their positions in the list, in order. The array must not be changed. */
    public int[] places() {
      return places;
    }

    /** These items of the list. */
    public <T> List<T> of(List<T> items) {
      if (places.length == 1) {
        return List.of(items.get(places[0]));
      }
      List<T> some = new ArrayList<>(places.length);
      for (int place : places) {
        some.add(items.get(place));
      }
      return some;
    }
  }

  /** The buckets of the keys of some items. */
  public <T> List<Bucket> byBucket(List<T> items, Function<T, Bytes> key) {
    long[] sorted = new long[items.size()]; // by bucket and then by place, which needs no objects
    for (int i = 0; i < sorted.length; i++) {
      sorted[i] = (long) bucketOf(key.apply(items.get(i))) << Integer.SIZE | i;
    }
    Arrays.sort(sorted);
    List<Bucket> byBucket = new ArrayList<>(Math.min(sorted.length, buckets));
    int from = 0;
    while (from < sorted.length) {
      int bucket = (int) (sorted[from] >>> Integer.SIZE);
      int to = from + 1;
      while (to < sorted.length && (int) (sorted[to] >>> Integer.SIZE) == bucket) {
        to++;
      }
      int[] places = new int[to - from];
      for (int i = from; i < to; i++) {
        places[i - from] = (int) sorted[i];
      }
      byBucket.add(new Bucket(bucket, places));
      from = to;
    }
    return byBucket;
  }

  public byte[] generationKey(int bucket) {
    return generationKeys[bucket].array();
  }

  /** The key of a bucket's generation, by which its requests find their server. */
  public Bytes route(int bucket) {
    return generationKeys[bucket];
  }

  /** The name of a key of a bucket: that of its generation and something behind it. */
  private byte[] inSlotOf(int bucket, String end) {
    return entryKey(generationKey(bucket), Bytes.of(ascii(end)));
  }

  /** A key of a bucket's slot that never exists. */
  byte[] absentKey(int bucket) {
    return inSlotOf(bucket, ":absent");
  }

  /** A key that is written after a clear, so that replicas acknowledge all before it. */
  public Bytes clearedKey(int bucket) {
    return Bytes.of(inSlotOf(bucket, ":cleared"));
  }

  public byte[] aboutKey(int bucket) {
    return inSlotOf(bucket, ABOUT);
  }

  /** The hash from the tags of a bucket's entries to the tags' tokens. */
  public byte[] tagsKey(int bucket) {
    return inSlotOf(bucket, TAGS);
  }

  /** The key that is written and deleted when a tag is invalidated in a bucket. */
  public byte[] tagInvalidationKey(int bucket, Bytes tag) {
    return entryKey(inSlotOf(bucket, TAG_INVALIDATION), tag);
  }

  /** The bucket whose generation has that key, or -1 if it is another key. */
  public int bucketOfGeneration(byte[] name) {
    int brace = closingBrace(name);
    int bucket = brace == name.length - 1 ? EntryName.bucket(name, prefix.length(), brace) : -1;
    return bucket < buckets ? bucket : -1;
  }

  /** The tag that is invalidated by a change of that key, or {@code null} if it is another key. */
  public @Nullable Bytes invalidatedTag(byte[] name) {
    int from = closingBrace(name) + 1;
    int tag = from + TAG_INVALIDATION.length();
    return from == 0 || tag > name.length || !text(name, from, tag).equals(TAG_INVALIDATION)
        ? null
        : Bytes.of(Arrays.copyOfRange(name, tag, name.length));
  }

  /** Where the hash tag of a key of this cache ends, or -1 if the key is of another cache. */
  private int closingBrace(byte[] name) {
    int from = prefix.length();
    return name.length > from && text(name, 0, from).equals(prefix)
        ? EntryName.indexOf(name, (byte) '}', from)
        : -1;
  }

  private static String text(byte[] name, int from, int to) {
    return new String(name, from, to - from, StandardCharsets.ISO_8859_1);
  }

  /** The lease of the loads of a key. It does not look like an entry, by the length of its text. */
  public byte[] loadLeaseKey(Bytes key) {
    return entryKey(inSlotOf(bucketOf(key), LOAD_LEASE), key);
  }

  /** The lease of the refreshes of a key, which also does not look like an entry. */
  public byte[] refreshLeaseKey(Bytes key) {
    return entryKey(inSlotOf(bucketOf(key), REFRESH_LEASE), key);
  }

  /** The beginning of the names of a generation's entries. */
  public byte[] entryPrefix(int bucket, String token) {
    return inSlotOf(bucket, ":" + token + ":");
  }

  public static byte[] entryKey(byte[] entryPrefix, Bytes key) {
    byte[] name = Arrays.copyOf(entryPrefix, entryPrefix.length + key.length());
    System.arraycopy(key.array(), 0, name, entryPrefix.length, key.length());
    return name;
  }

  /** The beginning of the names of all generations and entries of the cache. */
  public byte[] trackedPrefix() {
    return ascii(prefix);
  }

  /** The channel of the changes of this cache. */
  public byte[] channel() {
    return ascii(namespace + ":{" + cache + "}:events");
  }

  /** The pattern of {@code SCAN} that finds the entries of every bucket and generation. */
  public byte[] entriesPattern() {
    return ascii(prefix + "*}:*");
  }

  /**
   * The pattern of {@code SCAN} that finds the entries of every generation whose keys begin with
   * one of some bytes, and perhaps others.
   *
   * @param beginnings alternatives; an empty list for all keys
   */
  private static byte[] entriesPattern(byte[] generationKeyPattern, List<byte[]> beginnings) {
    ByteArrayOutputStream pattern = new ByteArrayOutputStream();
    pattern.writeBytes(generationKeyPattern);
    pattern.write(COLON);
    if (!beginnings.isEmpty()) {
      pattern.writeBytes(ascii("?".repeat(TOKEN_LENGTH) + ":"));
      int length = MAX_FILTERED_BYTES;
      for (byte[] beginning : beginnings) {
        length = Math.min(length, beginning.length);
      }
      for (int i = 0; i < length; i++) {
        Set<Byte> bytes = new LinkedHashSet<>();
        for (byte[] beginning : beginnings) {
          bytes.add(beginning[i]);
        }
        pattern.writeBytes(ascii(bytes.size() > 1 ? "[" : ""));
        for (byte b : bytes) {
          pattern.write('\\'); // takes the special meaning from any byte
          pattern.write(b);
        }
        pattern.writeBytes(ascii(bytes.size() > 1 ? "]" : ""));
      }
    }
    pattern.write('*');
    return pattern.toByteArray();
  }

  /**
   * The names of the entries of every bucket and generation, and perhaps of other keys, page by
   * page. On one server a name may come twice.
   *
   * @param beginnings the bytes with which the keys begin that are wanted, as alternatives; an
   *     empty list for all keys. Others may come too
   */
  public Iterator<List<byte[]>> scan(
      RedisExecutor executor, String operation, int pageSize, List<byte[]> beginnings) {
    return executor.isCluster()
        ? new SlotScan(executor, operation, this, pageSize, beginnings)
        : new KeyScan(
            executor.masters(),
            operation,
            entriesPattern(buckets == 1 ? generationKey(0) : ascii(prefix + "*}"), beginnings),
            beginnings.isEmpty() ? pageSize : Math.max(pageSize, FILTERED_PAGE));
  }

  /** The pattern of {@code SCAN} that finds these entries of a bucket. */
  byte[] entriesPattern(int bucket, List<byte[]> beginnings) {
    return entriesPattern(generationKey(bucket), beginnings);
  }

  /** The pattern that finds the entries of every cache of a namespace. */
  public static byte[] entriesPattern(String namespace) {
    return ascii(namespace + ":{*#*}:*");
  }

  /** The key of the lease for the deletion of stale entries. */
  public static byte[] staleEntriesLeaseKey(String namespace) {
    return ascii(namespace + ":stale-entries-lease");
  }

  /** The key that exists until the next regular deletion of stale entries is due. */
  public static byte[] staleEntriesCleanedKey(String namespace) {
    return ascii(namespace + ":stale-entries-cleaned");
  }

  /** The key of the lease for the count of entries. */
  public static byte[] keyStatisticsLeaseKey(String namespace) {
    return ascii(namespace + ":key-statistics-lease");
  }

  /** The name of keys that never exist, for the check whether servers accept changes. */
  public static String probeKey(String namespace) {
    return namespace + ":probe";
  }

  /** The key that exists while listeners register. */
  public static byte[] announcementKey(String namespace) {
    return ascii(namespace + ":announcement");
  }

  /** The key of the last report of the key statistics of a namespace. */
  public static byte[] keyStatisticsKey(String namespace) {
    return ascii(namespace + ":key-statistics");
  }

  /** Whether a text is a result of {@link #escape}. */
  public static boolean isEscaped(String cacheName) {
    byte[] name = cacheName.getBytes(StandardCharsets.UTF_8);
    return EntryName.escapedEnd(name, 0, name.length) == name.length;
  }

  /** Parses the name of an entry of this cache, or returns {@code null} for other names. */
  public @Nullable EntryName parse(byte[] name) {
    EntryName parsed = EntryName.parse(name);
    return parsed != null && parsed.generationKey().startsWith(prefix) ? parsed : null;
  }

  private static byte[] ascii(String name) {
    return name.getBytes(StandardCharsets.US_ASCII);
  }

  /** The cache's escaped name, for messages. */
  @Override
  public String toString() {
    return "cache " + cache;
  }

  /**
   * The parts of an entry's name.
   *
   * @param generationKey the key of its bucket's generation
   * @param token the token of its generation
   * @param key the encoded key
   */
  public record EntryName(String generationKey, int bucket, String token, Bytes key) {

    /** Parses the name of an entry of any cache, or returns {@code null} for other names. */
    public static @Nullable EntryName parse(byte[] name) {
      int brace = indexOf(name, (byte) '}', 0);
      int end = brace + 2 + TOKEN_LENGTH;
      if (brace < 0 || name.length <= end || name[brace + 1] != COLON || name[end] != COLON) {
        return null;
      }
      // A foreign key may look like ours except for a blank or a line end in the name of the cache,
      // which would corrupt later texts.
      int open = indexOf(name, (byte) '{', 0);
      int hash = open < 0 ? -1 : escapedEnd(name, open + 1, brace);
      int bucket = hash < 0 || name[hash] != '#' ? -1 : bucket(name, hash + 1, brace);
      if (bucket < 0) {
        return null;
      }
      return new EntryName(
          new String(name, 0, brace + 1, StandardCharsets.ISO_8859_1),
          bucket,
          new String(name, brace + 2, TOKEN_LENGTH, StandardCharsets.ISO_8859_1),
          Bytes.of(Arrays.copyOfRange(name, end + 1, name.length)));
    }

    /** The cache's {@linkplain KeySpace#escape escaped} name. */
    public String cache() {
      return generationKey.substring(
          generationKey.indexOf('{') + 1, generationKey.lastIndexOf('#'));
    }

    /** Where an {@linkplain KeySpace#escape escaped} name ends. */
    private static int escapedEnd(byte[] name, int from, int to) {
      int i = from;
      while (i < to) {
        int length = PLAIN.indexOf(name[i] & 0xff) >= 0 ? 1 : escapeLength(name, i, to);
        if (length == 0) {
          break;
        }
        i += length;
      }
      return i;
    }

    /**
     * The length of the escape that begins there, or 0 if there is none as this class makes them.
     */
    private static int escapeLength(byte[] name, int at, int to) {
      if (name[at] != '%' || at + 2 >= to) {
        return 0;
      }
      boolean half = name[at + 1] == 'u';
      String digits = half ? "0123456789abcdef" : "0123456789ABCDEF";
      int length = half ? 6 : 3;
      for (int i = at + (half ? 2 : 1); i < at + length; i++) {
        if (i >= to || digits.indexOf(name[i] & 0xff) < 0) {
          return 0;
        }
      }
      return length;
    }

    /** The bucket that a {@link HashTags hash tag} names, or -1 if it does not name one. */
    private static int bucket(byte[] name, int from, int to) {
      int end = from;
      while (end < to && name[end] != HashTags.POINT) {
        end++;
      }
      boolean isPlain = end == to || number(name, end + 1, to) >= 0;
      return isPlain ? number(name, from, end) : -1;
    }

    /** A number, or -1 if it is none, or not written as this class writes it. */
    private static int number(byte[] name, int from, int to) {
      int digits = to - from;
      if (digits < 1 || digits > MAX_BUCKET_DIGITS || (digits > 1 && name[from] == '0')) {
        return -1;
      }
      int number = 0;
      for (int i = from; i < to; i++) {
        if (name[i] < '0' || name[i] > '9') {
          return -1;
        }
        number = number * 10 + name[i] - '0';
      }
      return number;
    }

    private static int indexOf(byte[] name, byte wanted, int from) {
      for (int i = from; i < name.length; i++) {
        if (name[i] == wanted) {
          return i;
        }
      }
      return -1;
    }
  }
}
