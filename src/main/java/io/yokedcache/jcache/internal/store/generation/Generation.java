package io.yokedcache.jcache.internal.store.generation;

import io.yokedcache.jcache.internal.redis.RedisExecutor;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * The content of a bucket's generation key: the token of the current entries, the way in which they
 * are encoded, and whether a JVM listens to changes.
 *
 * <pre>
 * 0..11   token: random letters and digits, part of the name of every current entry
 * 12..19  fingerprint of codecs and types
 * 20      'e' until an entry is written under this token; then the next field begins here
 * 21      absent, or 'v' (some JVM listens) or 'o' (and wants old values), or 'p' (some JVM did,
 *         before the key was lost, and will register again)
 * 22..    the end of the lease of the listener, in milliseconds of the server's clock
 * </pre>
 *
 * <p>A JVM that sees the 'e' writes by a script, which deletes the 'e' in the same step. So while
 * it exists there are no entries. No command of Redis would tell that without a look at all keys.
 *
 * <p>The token is random and not a counter: if Redis evicts the key, a counter would start again
 * and bring entries of an old generation back. Immutable.
 */
public final class Generation {

  private static final int FINGERPRINT_LENGTH = 8;
  private static final int HEAD_LENGTH = KeySpace.TOKEN_LENGTH + FINGERPRINT_LENGTH;
  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

  /** Yields 64 values, of which two are thrown away. */
  private static final int RANDOM_MASK = 0x3f;

  private static final SecureRandom RANDOM = new SecureRandom();

  private final byte[] raw;
  private final int bucket;
  private final String tokenText;
  private final byte[] entryPrefix;

  private Generation(byte[] raw, KeySpace names, int bucket) {
    this.raw = raw;
    this.bucket = bucket;
    this.tokenText = token(raw);
    this.entryPrefix = names.entryPrefix(bucket, tokenText);
  }

  /** Reads the content of a generation key, or returns {@code null} if it has another form. */
  public static @Nullable Generation parse(byte[] raw, KeySpace names, int bucket) {
    if (raw.length < HEAD_LENGTH) {
      return null;
    }
    return new Generation(raw, names, bucket);
  }

  /** The content of a new generation's key, without listeners. */
  public static byte[] create(String fingerprint) {
    StringBuilder head = new StringBuilder(HEAD_LENGTH);
    byte[] random = new byte[KeySpace.TOKEN_LENGTH];
    while (head.length() < KeySpace.TOKEN_LENGTH) {
      RANDOM.nextBytes(random); // in one call: a cache of many buckets needs many
      for (int i = 0; i < random.length && head.length() < KeySpace.TOKEN_LENGTH; i++) {
        int letter = random[i] & RANDOM_MASK;
        if (letter < ALPHABET.length()) {
          head.append(ALPHABET.charAt(letter));
        }
      }
    }
    return head.append(fingerprint).toString().getBytes(StandardCharsets.US_ASCII);
  }

  /** A short digest of a description. */
  static String fingerprint(String description) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(description.getBytes(StandardCharsets.UTF_8));
      return Base64.getUrlEncoder().encodeToString(digest).substring(0, FINGERPRINT_LENGTH);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java runtime has SHA-256", e);
    }
  }

  /**
   * The token that is current by the reply to {@code GET} of a generation's key.
   *
   * @return the empty text if there is no key, and {@code null} if another application uses it
   */
  public static @Nullable String currentToken(
      RedisExecutor executor, String operation, @Nullable Object reply) {
    if (reply instanceof JedisDataException refusal
        && String.valueOf(refusal.getMessage()).startsWith("WRONGTYPE")) {
      return null;
    }
    Object raw = executor.checked(operation, reply);
    if (raw == null) {
      return "";
    }
    return raw instanceof byte[] bytes && bytes.length >= HEAD_LENGTH ? token(bytes) : null;
  }

  /** The token part of a generation key's content. */
  static String token(byte[] raw) {
    return new String(
        raw, 0, Math.min(raw.length, KeySpace.TOKEN_LENGTH), StandardCharsets.ISO_8859_1);
  }

  public byte[] entryPrefix() {
    return entryPrefix;
  }

  public byte[] token() {
    return Arrays.copyOf(raw, KeySpace.TOKEN_LENGTH);
  }

  public String tokenText() {
    return tokenText;
  }

  public int bucket() {
    return bucket;
  }

  String fingerprint() {
    return new String(raw, KeySpace.TOKEN_LENGTH, FINGERPRINT_LENGTH, StandardCharsets.ISO_8859_1);
  }

  /** Whether nothing was written under this token when this was read. */
  public boolean isUnwritten() {
    return raw.length > HEAD_LENGTH && raw[HEAD_LENGTH] == 'e';
  }

  /** Whether a JVM listened when this was read; its lease may have ended since. */
  public boolean hasListeners() {
    return raw.length > HEAD_LENGTH + (isUnwritten() ? 1 : 0);
  }

  /** Whether this is the content of a generation key. */
  boolean is(byte[] other) {
    return Arrays.equals(raw, other);
  }

  /** Whether the content of a generation key has the same token. */
  public boolean hasTokenOf(byte[] other) {
    return other.length >= HEAD_LENGTH
        && Arrays.equals(raw, 0, KeySpace.TOKEN_LENGTH, other, 0, KeySpace.TOKEN_LENGTH);
  }
}
