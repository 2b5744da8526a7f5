package io.yokedcache.metrics.prometheus;

import com.sun.net.httpserver.BasicAuthenticator;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * One user and password, compared in constant time. Digests of known credentials are kept under a
 * random key, so that a hash is computed for new credentials only. One hash is computed at a time,
 * so guesses occupy at most one processor.
 */
final class BasicAuthentication extends BasicAuthenticator {

  private static final String DIGEST = "HmacSHA256";
  private static final int MAX_REFUSED = 1_000;
  private static final long PATIENCE_MILLIS = 200;

  private final SecretKeySpec key;
  private final String user;
  private final @Nullable PasswordHash hash;
  private final Semaphore turn = new Semaphore(1, /* fair= */ true);
  private final Map<ByteBuffer, Boolean> refused =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteBuffer, Boolean> eldest) {
          return size() > MAX_REFUSED;
        }
      };
  private volatile byte @Nullable [] accepted;

  private BasicAuthentication(String user, @Nullable PasswordHash hash) {
    super("metrics", StandardCharsets.UTF_8);
    byte[] random = new byte[32];
    new SecureRandom().nextBytes(random);
    this.key = new SecretKeySpec(random, DIGEST);
    this.user = user;
    this.hash = hash;
  }

  static BasicAuthentication of(String user, char[] password) {
    BasicAuthentication authentication = new BasicAuthentication(user, /* hash= */ null);
    authentication.accepted = authentication.digest(user, String.valueOf(password));
    return authentication;
  }

  static BasicAuthentication of(String user, PasswordHash hash) {
    return new BasicAuthentication(user, hash);
  }

  @Override
  public boolean checkCredentials(String givenUser, String password) {
    byte[] digest = digest(givenUser, password);
    return isAccepted(digest) || (hash != null && isRight(hash, password, digest));
  }

  private boolean isAccepted(byte[] digest) {
    byte[] known = accepted;
    return known != null && MessageDigest.isEqual(known, digest);
  }

  private boolean isRight(PasswordHash right, String password, byte[] digest) {
    try {
      if (!turn.tryAcquire(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) {
        return false;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
    try {
      if (isAccepted(digest)) {
        return true;
      }
      if (refused.containsKey(ByteBuffer.wrap(digest))) {
        return false;
      }
      // Both are compared always; else the time would tell that the user was right.
      boolean isUser = MessageDigest.isEqual(digest(user, password), digest);
      boolean isRight = right.matches(password.toCharArray()) && isUser;
      if (isRight) {
        accepted = digest;
      } else {
        refused.put(ByteBuffer.wrap(digest), true);
      }
      return isRight;
    } finally {
      turn.release();
    }
  }

  private byte[] digest(String givenUser, String password) {
    try {
      Mac mac = Mac.getInstance(DIGEST);
      mac.init(key);
      return mac.doFinal((givenUser + ":" + password).getBytes(StandardCharsets.UTF_8));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every JDK has " + DIGEST, e);
    }
  }
}
