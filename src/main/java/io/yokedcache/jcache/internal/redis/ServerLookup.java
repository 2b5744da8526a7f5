package io.yokedcache.jcache.internal.redis;

import io.yokedcache.jcache.internal.settings.Settings;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;

/**
 * Finds the server for each new connection: always the same one, or the master that sentinels name.
 * Safe for use by several threads.
 */
public interface ServerLookup {

  /** The role of a server that accepts changes, in the reply to HELLO. */
  String MASTER = "master";

  /**
   * Makes a connection to the present server.
   *
   * @param attempt connects with these settings and sends the greeting; it is called again if the
   *     server turns out to be the wrong one
   * @throws redis.clients.jedis.exceptions.JedisException if no connection could be made
   */
  <T> T connect(Function<Settings.Connection, T> attempt);

  /** A command that the greeting of each connection has, or {@code null} for none. */
  default @Nullable CommandArguments question() {
    return null;
  }

  /**
   * Decides by the answer to the question whether a connection may be used. It is called before the
   * connection is handed out.
   *
   * @param answer the reply, or a {@code JedisDataException} if the server refuses the question;
   *     {@code null} without a question
   * @throws NoMasterException if the connection must not be used
   */
  default void check(@Nullable Object answer) {}

  /** The server that the next connection leads to, as far as that is known without asking. */
  Settings.@Nullable Address present();

  /** The server in messages, without credentials. */
  String address();

  /** A sentence for messages about a server that cannot be reached, or an empty text. */
  String advice();

  /** Whether connections are to read from a replica, which a node of a cluster must be told. */
  default boolean isReplica() {
    return false;
  }

  /**
   * The role of a server by its reply to HELLO; {@link #MASTER} if it tells none. Other than ROLE,
   * HELLO is not among the commands that administrators tend to forbid.
   */
  static String role(@Nullable Object hello) {
    if (hello instanceof List<?> fields) {
      for (int i = 0; i + 1 < fields.size(); i += 2) {
        if (fields.get(i) instanceof byte[] name
            && new String(name, StandardCharsets.US_ASCII).equals("role")
            && fields.get(i + 1) instanceof byte[] role) {
          return new String(role, StandardCharsets.US_ASCII);
        }
      }
    }
    return MASTER;
  }

  /** The server of these settings. */
  static ServerLookup fixed(Settings.Connection settings) {
    return new Fixed(settings, /* isReplica= */ false);
  }

  /** The replica of these settings. */
  static ServerLookup replica(Settings.Connection settings) {
    return new Fixed(settings, /* isReplica= */ true);
  }

  /** One server at a known address. */
  record Fixed(Settings.Connection settings, boolean isReplica) implements ServerLookup {

    @Override
    public <T> T connect(Function<Settings.Connection, T> attempt) {
      return attempt.apply(settings);
    }

    @Override
    public Settings.Address present() {
      return new Settings.Address(settings.host(), settings.port());
    }

    @Override
    public String address() {
      return (settings.tls() ? "rediss://" : "redis://") + settings.address();
    }

    @Override
    public String advice() {
      return "";
    }
  }
}
