package io.yokedcache.metrics.prometheus;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;

/**
 * A password as PBKDF2 with HMAC-SHA256 hides it, in the modular crypt format of passlib: {@code
 * $pbkdf2-sha256$600000$<salt>$<hash>}. Immutable.
 */
public final class PasswordHash {

  private static final Pattern FORM =
      Pattern.compile("\\$pbkdf2-sha256\\$([0-9]{1,8})\\$([A-Za-z0-9./]+)\\$([A-Za-z0-9./]+)");
  private static final int DEFAULT_ITERATIONS = 600_000; // what OWASP asks for
  private static final int MIN_ITERATIONS = 1_000;
  private static final int MAX_ITERATIONS = 10_000_000;
  private static final int HASH_BYTES = 32;
  private static final int SALT_BYTES = 16;
  private static final int MIN_SALT_BYTES = 8;

  private final int iterations;
  private final byte[] salt;
  private final byte[] hash;

  private PasswordHash(int iterations, byte[] salt, byte[] hash) {
    this.iterations = iterations;
    this.salt = salt;
    this.hash = hash;
  }

  /** Hides a password, with a new salt. */
  public static PasswordHash of(char[] password) {
    byte[] salt = new byte[SALT_BYTES];
    new SecureRandom().nextBytes(salt);
    return new PasswordHash(DEFAULT_ITERATIONS, salt, derive(password, salt, DEFAULT_ITERATIONS));
  }

  /**
   * Reads the text of a hash.
   *
   * @throws IllegalArgumentException if it has another form; the message does not repeat it
   */
  public static PasswordHash parse(String text) {
    Matcher parts = FORM.matcher(text);
    if (parts.matches()) {
      int iterations = Integer.parseInt(parts.group(1));
      try {
        byte[] salt = Base64.getDecoder().decode(parts.group(2).replace('.', '+'));
        byte[] hash = Base64.getDecoder().decode(parts.group(3).replace('.', '+'));
        if (iterations >= MIN_ITERATIONS
            && iterations <= MAX_ITERATIONS
            && salt.length >= MIN_SALT_BYTES
            && hash.length == HASH_BYTES) {
          return new PasswordHash(iterations, salt, hash);
        }
      } catch (IllegalArgumentException notBase64) {
        // The same as another form.
      }
    }
    throw new IllegalArgumentException(
        "is no hash of the form $pbkdf2-sha256$<1000 to 10000000>$<salt>$<hash>; the command"
            + " hash-password of the stand-alone bridge makes one");
  }

  private static byte[] derive(char[] password, byte[] salt, int iterations) {
    PBEKeySpec spec = new PBEKeySpec(password, salt, iterations, HASH_BYTES * Byte.SIZE);
    try {
      return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA256").generateSecret(spec).getEncoded();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("This Java has no PBKDF2WithHmacSHA256", e);
    } finally {
      spec.clearPassword();
    }
  }

  /** Whether it is the hash of this password, found out in some tenths of a second. */
  boolean matches(char[] password) {
    return MessageDigest.isEqual(hash, derive(password, salt, iterations));
  }

  /** {@return the text that {@link #parse} reads} */
  @Override
  public String toString() {
    Base64.Encoder encoder = Base64.getEncoder().withoutPadding();
    return String.format(
        "$pbkdf2-sha256$%s$%s$%s",
        iterations,
        encoder.encodeToString(salt).replace('+', '.'),
        encoder.encodeToString(hash).replace('+', '.'));
  }
}
