package io.yokedcache.jcache.internal.redis;

import io.yokedcache.jcache.internal.concurrent.AsyncQueue;
import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.metrics.RoundTripTimer;
import io.yokedcache.jcache.internal.redis.error.ErrorMessages;
import io.yokedcache.jcache.internal.redis.error.ErrorReply;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Sends commands to the servers of one deployment, over a pool of connections or over connections
 * that all threads share. Safe for use by several threads; every wait is bounded by the
 * connection's time-outs.
 */
public interface RedisExecutor extends AutoCloseable {

  /**
   * Sends a request's commands together to the server that owns its route, in one round trip.
   *
   * @return the raw replies in order: {@code byte[]}, {@code Long}, {@code List} or {@code null},
   *     and a {@code JedisDataException} in place of a reply that is an error
   * @throws javax.cache.CacheException if there was no connection or no reply
   */
  List<@Nullable Object> execute(Request request);

  /**
   * Sends several requests; here for one server. Requests to one server share a round trip;
   * requests to different servers are sent before the replies of any are read.
   *
   * @return the replies of each request, in the order of the requests
   * @throws javax.cache.CacheException if a server could not be asked; the requests to others may
   *     have been executed
   */
  default List<List<@Nullable Object>> executeAll(List<Request> requests) {
    return requests.isEmpty()
        ? List.of()
        : Request.split(requests, execute(Request.together(requests)));
  }

  /** A request that was sent without a wait. */
  @FunctionalInterface
  interface Pending {

    /**
     * Returns the replies or throws the failure as {@link #execute} does, after further attempts if
     * they are necessary. Called once, by a thread that may wait.
     */
    List<@Nullable Object> finish();
  }

  /**
   * Sends a request without waiting for its replies.
   *
   * @param queue has the threads that go on with the request
   * @param arrived is called once, in a thread of the queue, when the replies are there or the
   *     request must be made in another way. If this method throws, it may be called or not.
   */
  default void begin(Request request, AsyncQueue queue, Consumer<Pending> arrived) {
    queue.run(() -> arrived.accept(() -> execute(request)));
  }

  /** Sends one command and returns its reply, which is not an error. */
  default @Nullable Object command(
      String operation, Bytes route, boolean idempotent, CommandArguments command) {
    return checked(
        operation, execute(new Request(operation, route, idempotent, List.of(command))).get(0));
  }

  /**
   * Calls a script and returns its reply, which is not an error. If its keys are at several nodes,
   * since their slot is on its way, it is called with its first key alone, which it must be made
   * for.
   */
  default @Nullable Object call(String operation, Script.Call call) {
    return callAll(operation, List.of(call)).get(0);
  }

  /**
   * Calls scripts together and returns their replies, none of which is an error. Servers that have
   * forgotten a script get its text in a second round trip. A script whose keys are at several
   * nodes is called as {@link #call} does.
   */
  default List<@Nullable Object> callAll(String operation, List<Script.Call> calls) {
    @Nullable Object[] replies = new Object[calls.size()];
    List<Integer> places = IntStream.range(0, replies.length).boxed().toList();
    List<Request> requests =
        calls.stream().map(call -> request(operation, call, call.byDigest())).toList();
    while (!requests.isEmpty()) {
      List<List<@Nullable Object>> answers =
          requests.size() == 1 ? List.of(execute(requests.get(0))) : executeAll(requests);
      List<Integer> left = new ArrayList<>(0);
      List<Request> again = new ArrayList<>(0);
      for (int i = 0; i < answers.size(); i++) {
        int place = places.get(i);
        Object reply = answers.get(i).get(0);
        replies[place] = reply;
        CommandArguments other = calls.get(place).otherThan(reply);
        if (other != null) {
          left.add(place);
          again.add(request(operation, calls.get(place), other));
        }
      }
      places = left;
      requests = again;
    }
    List<@Nullable Object> all = Arrays.asList(replies);
    all.forEach(reply -> checked(operation, reply));
    return all;
  }

  private static Request request(String operation, Script.Call call, CommandArguments command) {
    return new Request(
        operation, Bytes.of(call.keys().get(0)), call.isIdempotent(), List.of(command));
  }

  /**
   * Returns a reply that is not an error.
   *
   * @throws javax.cache.CacheException if it is one
   */
  default @Nullable Object checked(String operation, @Nullable Object reply) {
    if (reply instanceof JedisDataException error) {
      throw ErrorMessages.failure(operation, address(), error);
    }
    return reply;
  }

  /** Whether the keys are spread over several servers by their slots. */
  default boolean isCluster() {
    return false;
  }

  /**
   * Whether requests to the server of a key fail at once, since it does not answer. Costs a
   * volatile read, and on a cluster a look at the table of slots.
   *
   * @param route a key of the slot
   */
  default boolean isAway(Bytes route) {
    return false;
  }

  /**
   * The pool of the master that holds the slot of a key, for commands that block their connection;
   * {@code null} if no master is known. Follows no redirects.
   */
  default @Nullable PooledExecutor poolOf(Bytes route) {
    return null;
  }

  /**
   * Has the servers of some keys end the connections that were lost under changes, so that none of
   * these changes is executed from now on. Sends nothing if there are none.
   *
   * @param operation its name in messages
   * @param routes keys of the slots
   * @return whether that is certain; false if a server does not allow it
   * @throws javax.cache.CacheException if a server could not be asked
   */
  default boolean endLostConnections(String operation, Collection<Bytes> routes) {
    return false;
  }

  /** One executor for each master, for commands such as {@code SCAN} that have no key. */
  List<RedisExecutor> masters();

  /**
   * The servers as they are known now, without asking any.
   *
   * @param pings returns the last ping of one of {@link #masters}
   */
  default List<ConnectionStatistics.Node> nodes(
      Function<RedisExecutor, ConnectionStatistics.Ping> pings) {
    return List.of();
  }

  /**
   * The masters, and nodes of a cluster that requests were redirected to and that may become
   * masters. Some may be the same node, or not answer.
   */
  default List<RedisExecutor> possibleMasters() {
    return masters();
  }

  /** The server in messages: scheme, host and port, without credentials. */
  String address();

  /** How many connections there are now, without asking a server. */
  ConnectionStatistics.Counts connections();

  /**
   * The same executor over the same connections for requests that are timed.
   *
   * @param timer returns what times the requests, and is asked at each round trip
   */
  RedisExecutor timedBy(Supplier<RoundTripTimer> timer);

  /**
   * Sends a {@code PING} on every idle connection, and closes those that do not answer. Waits at
   * most the time-out of a {@code PING} for each.
   *
   * @param silence connections that have answered within this time are not asked
   */
  default void keepAlive(Duration silence) {}

  /** Closes all connections; operations under way fail. May be called twice. */
  @Override
  void close();

  /**
   * Commands for one server.
   *
   * @param operation its name in messages, such as {@code get on cache orders}
   * @param route a key of the slot that all commands' keys belong to
   * @param idempotent whether it may be sent again after a connection has failed: true for reads,
   *     and for commands that end in the same state if they are executed twice
   * @param commands in the order in which they are sent
   * @param replyBytes how many bytes the replies probably have; 0 for few
   */
  record Request(
      String operation,
      Bytes route,
      boolean idempotent,
      List<CommandArguments> commands,
      int replyBytes) {

    private static final Set<Command> READS =
        EnumSet.of(
            Command.CLIENT,
            Command.CLUSTER,
            Command.EXISTS,
            Command.GET,
            Command.MEMORY,
            Command.MGET,
            Command.PING,
            Command.PTTL,
            Command.SCAN,
            Command.STRLEN,
            Command.TIME);

    /** Commands that change when an entry expires, and not its value. */
    private static final Set<Command> TOUCHES =
        EnumSet.of(Command.GETEX, Command.PERSIST, Command.PEXPIRE);

    private static final Set<Command> SCRIPTS = EnumSet.of(Command.EVAL, Command.EVALSHA);

    /** Commands with short replies. */
    public Request(
        String operation, Bytes route, boolean idempotent, List<CommandArguments> commands) {
      this(operation, route, idempotent, commands, 0);
    }

    /** One request for one server with the commands of several. */
    public static Request together(List<Request> requests) {
      if (requests.size() == 1) {
        return requests.get(0);
      }
      List<CommandArguments> all = new ArrayList<>();
      boolean idempotent = true;
      long bytes = 0;
      for (Request request : requests) {
        all.addAll(request.commands);
        idempotent &= request.idempotent;
        bytes += request.replyBytes;
      }
      Request first = requests.get(0);
      int replyBytes = (int) Math.min(Integer.MAX_VALUE, bytes);
      return new Request(first.operation, first.route, idempotent, all, replyBytes);
    }

    /** The replies of each request, from the replies of all of them together. */
    public static List<List<@Nullable Object>> split(
        List<Request> requests, List<@Nullable Object> replies) {
      List<List<@Nullable Object>> split = new ArrayList<>(requests.size());
      int from = 0;
      for (Request request : requests) {
        int to = from + request.commands.size();
        split.add(replies.subList(from, to));
        from = to;
      }
      return split;
    }

    /** Whether the request, if it was executed, may have changed an entry. */
    public boolean mayChange() {
      for (CommandArguments command : commands) {
        // An idempotent script changes no entry: it reads, or keeps a lease.
        boolean harmless = idempotent && isOneOf(SCRIPTS, command);
        if (!harmless && !isOneOf(READS, command) && !isOneOf(TOUCHES, command)) {
          return true;
        }
      }
      return false;
    }

    /**
     * Whether the request may be sent again as a whole after the server has answered a command with
     * an {@link ErrorReply}: the commands that were executed may be executed twice.
     */
    public boolean mayRepeat(List<? extends @Nullable Object> replies) {
      if (idempotent) {
        return true;
      }
      for (int i = 0; i < commands.size(); i++) {
        if (ErrorReply.of(replies.get(i)) == null && !isOneOf(READS, commands.get(i))) {
          return false;
        }
      }
      return true;
    }

    private static boolean isOneOf(Set<Command> names, CommandArguments command) {
      return command.getCommand() instanceof Command name && names.contains(name);
    }
  }
}
