package io.yokedcache.jcache.internal.redis.fence;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * The connections to a server that were lost under a change. The server, or a proxy before it, may
 * still have the commands and execute them later. {@link #end} has the server end these
 * connections: Redis executes nothing more of a connection that it has ended.
 *
 * <p>Safe for use by several threads. The list is replaced under the monitor, which is never held
 * while the server is asked. A connection leaves the list after the server has ended it, so two
 * threads may end it twice.
 */
public final class LostConnections {

  private static final Logger logger = LoggerFactory.getLogger(LostConnections.class);

  /** The number of connections that are remembered; more are never ended. */
  private static final int MAX = 256;

  /** How long a server that refuses to end connections is not asked again. */
  private static final long REFUSED_NANOS = TimeUnit.MINUTES.toNanos(1);

  private volatile List<Client> lost = List.of();

  /** Whether there was a connection that cannot be ended; never false again. */
  private volatile boolean isUnsure;

  /** Whether the server refused it, and when; racy writes are harmless. */
  private volatile boolean isRefused;

  private volatile long refusedNanos;

  /**
   * A connection as the server knows it. A server that has taken the place of another one may have
   * given the number to another client, but not with the same address and port.
   *
   * @param address the address and port of the client, or of a proxy before the server
   */
  public record Client(long id, String address) {

    private static final Pattern INFO = Pattern.compile("^id=(\\d{1,18}) addr=(\\S+)");

    /** Returns the client of the reply to {@code CLIENT INFO}, or {@code null} if it has none. */
    public static @Nullable Client of(@Nullable Object reply) {
      if (!(reply instanceof byte[] info)) {
        return null;
      }
      Matcher fields = INFO.matcher(new String(info, UTF_8));
      return fields.find() ? new Client(Long.parseLong(fields.group(1)), fields.group(2)) : null;
    }

    private CommandArguments kill() {
      return new CommandArguments(Command.CLIENT)
          .add("KILL")
          .add("ID")
          .add(id)
          .add("ADDR")
          .add(address);
    }
  }

  /**
   * Notes a lost connection.
   *
   * @param client {@code null} if the server has not told it
   */
  public synchronized void add(@Nullable Client client) {
    if (client == null || lost.size() >= MAX) {
      isUnsure = true;
    } else if (!lost.contains(client)) {
      List<Client> more = new ArrayList<>(lost);
      more.add(client);
      lost = List.copyOf(more);
    }
  }

  /**
   * Has the server end the lost connections, if there are any.
   *
   * @param server sends commands and returns their replies
   * @return whether all connections that were lost before this call have ended
   */
  public boolean end(Function<List<CommandArguments>, List<@Nullable Object>> server) {
    List<Client> all = lost;
    if (all.isEmpty()) {
      return !isUnsure;
    }
    if (isRefused && System.nanoTime() - refusedNanos < REFUSED_NANOS) {
      return false;
    }
    for (Object reply : server.apply(all.stream().map(Client::kill).toList())) {
      if (reply instanceof JedisDataException refusal) {
        refused(refusal);
        return false;
      }
    }
    isRefused = false;
    ended(all);
    return !isUnsure;
  }

  private synchronized void ended(List<Client> clients) {
    lost = lost.stream().filter(client -> !clients.contains(client)).toList();
  }

  private void refused(JedisDataException refusal) {
    if (!isRefused) {
      logger.warn(
          "The server refuses CLIENT KILL ({}). A change that was lost may still be executed after"
              + " its entry was removed. Allow the user of yokedcache.connection +client|kill",
          refusal.getMessage());
    }
    refusedNanos = System.nanoTime();
    isRefused = true;
  }
}
