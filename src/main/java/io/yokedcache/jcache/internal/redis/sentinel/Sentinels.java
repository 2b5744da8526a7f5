package io.yokedcache.jcache.internal.redis.sentinel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.internal.redis.Failures;
import io.yokedcache.jcache.internal.redis.JedisConnections;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.internal.settings.Settings.Address;
import java.io.Serial;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * The sentinels of a master: the configured ones, and the others that they name. Each question has
 * its own connection, which is closed after the answer. Safe for use by several threads.
 */
final class Sentinels {

  /** The epoch of a sentinel that does not tell it. */
  static final long UNKNOWN_EPOCH = -1;

  /** How many sentinels are remembered beside the configured ones. */
  private static final int MAX_LEARNED = 16;

  private final Settings.Connection settings;
  private final List<Address> configured;
  private final String masterName;

  /** Replaced as a whole by the last answer; no lock, since any answer will do. */
  private volatile List<Address> learned = List.of();

  /** The sentinel that answered last. */
  private volatile @Nullable Address preferred;

  /**
   * The answer of a sentinel.
   *
   * @param master address of the master
   * @param epoch number of the configuration: each fail-over has a greater one than all before
   * @param sentinel the sentinel that answered
   */
  record Answer(Address master, long epoch, Address sentinel) {}

  /** Reasons for which a sentinel names no master; the first one decides about the advice. */
  enum Reason {
    CREDENTIALS("Check yokedcache.connection.sentinel.user and password: sentinels have their own"),
    NAME("Check the name of the master, which is the path of the URI"),
    NO_SENTINEL(
        "The hosts of the URI are the sentinels and not the servers; their usual port is 26379"),
    TLS(
        "Check yokedcache.connection.sentinel.tls, and the certificates of"
            + " yokedcache.connection.tls"),
    UNREACHABLE(
        "Check that the sentinels run, and their addresses in the URI; each is asked for a part of"
            + " yokedcache.connection.connect-timeout");

    private final String advice;

    Reason(String advice) {
      this.advice = advice;
    }

    String advice() {
      return advice;
    }
  }

  /** A sentinel named no master. The message continues a sentence that begins with its address. */
  static final class NoAnswerException extends Exception {

    @Serial private static final long serialVersionUID = 1L;

    private final Reason reason;

    NoAnswerException(Reason reason, String message, @Nullable Throwable cause) {
      super(message, cause);
      this.reason = reason;
    }

    Reason reason() {
      return reason;
    }
  }

  /** The sentinels of these settings. */
  Sentinels(Settings.Connection settings) {
    this.settings = settings;
    this.configured = settings.deployment().nodes();
    this.masterName = requireNonNull(settings.deployment().masterName(), "masterName");
  }

  /** All sentinels in a fixed order. */
  List<Address> all() {
    Set<Address> all = new LinkedHashSet<>(configured);
    all.addAll(learned);
    return List.copyOf(all);
  }

  /** All sentinels, and first the one that answered last. */
  List<Address> inOrder() {
    Set<Address> all = new LinkedHashSet<>();
    Address first = preferred;
    if (first != null) {
      all.add(first);
    }
    all.addAll(configured);
    all.addAll(learned);
    return List.copyOf(all);
  }

  /** The settings of connections to a sentinel. */
  Settings.Connection settings(Address sentinel, Duration patience) {
    return settings.sentinel(sentinel).within(patience);
  }

  /**
   * Asks one sentinel for the master.
   *
   * @param patience how long it may take to connect, and then to answer
   */
  Answer ask(Address sentinel, Duration patience) throws NoAnswerException {
    Settings.Connection there = settings(sentinel, patience);
    try {
      List<@Nullable Object> replies =
          JedisConnections.ask(
              there,
              List.of(
                  // Names the new master a little earlier than SENTINEL MASTER does.
                  command("GET-MASTER-ADDR-BY-NAME").add(masterName),
                  command("MASTER").add(masterName),
                  command("SENTINELS").add(masterName)));
      Answer answer = new Answer(master(replies.get(0), there), epoch(replies.get(1)), sentinel);
      learn(replies.get(2));
      preferred = sentinel;
      return answer;
    } catch (JedisDataException e) {
      throw refused(e);
    } catch (JedisException e) {
      throw new NoAnswerException(
          Failures.find(e, SSLException.class) != null ? Reason.TLS : Reason.UNREACHABLE,
          "cannot be asked (%s)".formatted(Failures.reason(e)),
          e);
    }
  }

  private static CommandArguments command(String name) {
    return new CommandArguments(Command.SENTINEL).add(name);
  }

  private Address master(@Nullable Object reply, Settings.Connection there)
      throws NoAnswerException {
    if (reply instanceof JedisDataException error) {
      throw refused(error);
    }
    if (reply instanceof List<?> parts
        && parts.size() == 2
        && parts.get(0) instanceof byte[] host
        && parts.get(1) instanceof byte[] port) {
      return new Address(text(host), Integer.parseInt(text(port)));
    }
    List<String> names = new ArrayList<>();
    if (JedisConnections.ask(there, List.of(command("MASTERS"))).get(0) instanceof List<?> all) {
      all.forEach(each -> names.add(String.valueOf(field(each, "name"))));
    }
    throw new NoAnswerException(
        Reason.NAME,
        "does not know it, and watches " + (names.isEmpty() ? "none" : String.join(", ", names)),
        /* cause= */ null);
  }

  private static NoAnswerException refused(JedisDataException error) {
    String words = String.valueOf(error.getMessage());
    if (words.contains("unknown command")) {
      return new NoAnswerException(Reason.NO_SENTINEL, "is no sentinel", error);
    }
    return new NoAnswerException(Reason.CREDENTIALS, "refuses (%s)".formatted(words), error);
  }

  private static long epoch(@Nullable Object reply) {
    String epoch = field(reply, "config-epoch");
    return epoch == null ? UNKNOWN_EPOCH : Long.parseLong(epoch);
  }

  private void learn(@Nullable Object reply) {
    if (reply instanceof List<?> others) {
      List<Address> named = new ArrayList<>();
      for (Object other : others) {
        String host = field(other, "ip");
        String port = field(other, "port");
        if (host != null && port != null && named.size() < MAX_LEARNED) {
          named.add(new Address(host, Integer.parseInt(port)));
        }
      }
      learned = List.copyOf(named);
    }
  }

  /** A value of a list of names and values, or {@code null} if there is no list or no value. */
  private static @Nullable String field(@Nullable Object reply, String name) {
    if (reply instanceof List<?> fields) {
      for (int i = 0; i + 1 < fields.size(); i += 2) {
        if (fields.get(i) instanceof byte[] key
            && text(key).equals(name)
            && fields.get(i + 1) instanceof byte[] value) {
          return text(value);
        }
      }
    }
    return null;
  }

  private static String text(byte[] bytes) {
    return new String(bytes, UTF_8);
  }
}
