package io.yokedcache.jcache.spi;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * Supplies the user and password of connections, for credentials that change while the application
 * runs: tokens of a cloud service, or secrets of a vault. The setting {@code
 * connection.credentials.provider} has the name of the class, which needs a public constructor
 * without parameters; {@code connection.sentinel.credentials.provider} has the one for sentinels.
 * Each manager has its own instance.
 *
 * <p>One background thread of the manager calls {@link #credentials} when the manager is created,
 * and then at each {@code connection.credentials.refresh}. New connections use the result of the
 * last call. When the result changes, each server is asked whether it accepts the new credentials;
 * then all connections to it are replaced, without a failed operation, by connections with the new
 * ones. If a server refuses them, its connections stay, and it is asked again after each call.
 *
 * <p>All methods but {@link #close} are called by one thread at a time. They may block: operations
 * do not wait for them, except that a thread whose new connection is refused waits for {@link
 * #renew} for at most {@code connection.connect-timeout}. An exception leaves the credentials as
 * they are; the first of several in a row is logged as a warning with its message, so a message
 * must contain no secret. Only an exception of the first call makes the creation of the manager
 * fail.
 */
public interface CredentialsProvider extends AutoCloseable {

  /**
   * Returns the credentials that connections use from now on. A provider whose tokens expire
   * returns a new one well before that, by at least twice {@code connection.credentials.refresh}.
   *
   * @return equal credentials as long as nothing has changed
   * @throws RuntimeException if there are none now; the last ones stay in use
   */
  Credentials credentials();

  /**
   * Returns credentials in place of those that a server has refused. Called before a new connection
   * fails, at most once a second. A provider that keeps tokens in memory gets a new one here. By
   * default the same as {@link #credentials}.
   *
   * @param refused the refused credentials
   * @return other credentials, with which the connection is tried once more; equal ones if there
   *     are no others
   * @throws RuntimeException if there are none now
   */
  default Credentials renew(Credentials refused) {
    return credentials();
  }

  /**
   * Ends the provider. Called once when the manager closes, perhaps while another thread is in a
   * method of the provider that blocks.
   */
  @Override
  default void close() {}

  /**
   * A user and a password. They are strings and not arrays that could be overwritten: the bytes of
   * the command {@code AUTH} are copied by the client library and by TLS in any case. {@link
   * #toString} leaves the password out. Immutable.
   *
   * @param user ACL user; {@code null} for the user of the settings, and the default user if they
   *     have none
   * @param password password or token, at least one character
   */
  record Credentials(@Nullable String user, String password) {

    /**
     * Checks the password.
     *
     * @throws IllegalArgumentException if it is empty
     */
    public Credentials {
      requireNonNull(password, "password");
      if (password.isEmpty()) {
        throw new IllegalArgumentException("The password is empty");
      }
    }

    /** Returns the user alone. */
    @Override
    public String toString() {
      return "Credentials[user=" + user + "]";
    }
  }
}
