package io.yokedcache.metrics.prometheus;

import com.sun.net.httpserver.BasicAuthenticator;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** One user and password, compared in a time that tells nothing about either. */
final class BasicAuthentication extends BasicAuthenticator {

  private final byte[] userDigest;
  private final byte[] passwordDigest;

  BasicAuthentication(String user, char[] password) {
    super("metrics", StandardCharsets.UTF_8);
    this.userDigest = digest(user);
    this.passwordDigest = digest(String.valueOf(password));
  }

  @Override
  public boolean checkCredentials(String user, String password) {
    // Both are compared always; else the time would tell that the user was right.
    boolean isUser = MessageDigest.isEqual(userDigest, digest(user));
    boolean isPassword = MessageDigest.isEqual(passwordDigest, digest(password));
    return isUser && isPassword;
  }

  private static byte[] digest(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every JDK has SHA-256", e);
    }
  }
}
