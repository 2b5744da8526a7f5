package io.yokedcache.jcache.internal.redis.cluster;

import static java.util.Objects.requireNonNull;

import io.yokedcache.jcache.RedisUnavailableException;
import io.yokedcache.jcache.RedisUnavailableException.Kind;
import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import io.yokedcache.jcache.internal.redis.PooledExecutor;
import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import io.yokedcache.jcache.internal.redis.RetryPolicy;
import io.yokedcache.jcache.internal.redis.error.ErrorReply;
import io.yokedcache.jcache.internal.settings.Settings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;
import redis.clients.jedis.args.Rawable;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Several requests to a cluster, sent in rounds until every command was executed. A round has one
 * pipeline for each node, and writes them all before it reads any reply. The next round has the
 * commands that were not executed: those that a node redirected, and those whose node could not be
 * asked. No command is sent again that may have been executed, unless its request allows it.
 *
 * <p>Rounds end when {@code command-timeout} has passed since the first failure, except that a
 * redirect that needs no pause is followed all the same: the JVM may have been stopped when it
 * came. If a node has failed for that long already, or a slot was not served for that long, its
 * requests fail at once. For one thread.
 */
final class RoutedRequests {

  private static final long MIN_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long MAX_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** The number of rounds that follow a redirect at once; more of them are a loop. */
  private static final int ROUNDS_WITHOUT_PAUSE = 5;

  /** The commands with several keys that are sent key by key, and the command for one key. */
  private static final Map<Command, Command> SPLITTABLE =
      Map.of(Command.MGET, Command.GET, Command.DEL, Command.DEL, Command.UNLINK, Command.UNLINK);

  private static final CommandArguments ASKING = new CommandArguments(Command.ASKING);

  private final ClusterExecutor executor;
  private final ClusterTopology topology;
  private final long patienceNanos;
  private final List<Part> parts;

  /** When the first command was not executed; 0 before. */
  private long firstFailureNanos;

  private int rounds;

  /** Whether the next round waits for the cluster to change. */
  private boolean pauses;

  /** The longest time for which a slot of these requests was not served. */
  private long unservedNanos;

  RoutedRequests(
      ClusterExecutor executor,
      ClusterTopology topology,
      Settings.Connection settings,
      List<Request> requests) {
    this.executor = executor;
    this.topology = topology;
    this.patienceNanos = settings.commandTimeout().toNanos();
    this.parts = new ArrayList<>(requests.size());
    requests.forEach(request -> parts.add(new Part(request)));
  }

  /** One request: its slot, its replies so far, and its commands that were not executed. */
  private static final class Part {

    final Request request;
    final int slot;
    final @Nullable Object[] replies;

    /** Empty in the first round, which sends all commands of all parts. */
    List<Todo> open = List.of();

    /** Why its commands were not executed, and by which node. */
    @Nullable RuntimeException failure;

    Part(Request request) {
      this.request = request;
      this.slot = request.route().slot();
      this.replies = new Object[request.commands().size()];
    }

    /** Notes that no command was executed. */
    void reopen() {
      open = new ArrayList<>(replies.length);
      for (int i = 0; i < replies.length; i++) {
        open.add(new Todo(this, request.commands().get(i), i, -1));
      }
    }
  }

  /** A command that was not executed. */
  private static final class Todo {

    final Part part;
    final CommandArguments command;

    /** Which reply of the part it makes. */
    final int index;

    /** Which element of that reply, for one key of a command with several; else -1. */
    final int element;

    /** The node that a slot on its way is asked for, instead of the slot's master. */
    @Nullable ClusterNode importer;

    boolean isExecuted;

    Todo(Part part, CommandArguments command, int index, int element) {
      this.part = part;
      this.command = command;
      this.index = index;
      this.element = element;
    }

    @SuppressWarnings("unchecked")
    void complete(@Nullable Object reply) {
      isExecuted = true;
      if (element < 0) {
        part.replies[index] = reply;
      } else if (part.replies[index] instanceof Long sum) {
        part.replies[index] = reply instanceof Long count ? (Object) (sum + count) : reply;
      } else if (part.replies[index] instanceof List) {
        if (reply instanceof JedisDataException error && !isWrongType(error)) {
          part.replies[index] = error; // as if the server had refused MGET
        } else {
          ((List<@Nullable Object>) part.replies[index])
              .set(element, reply instanceof JedisDataException ? null : reply);
        }
      }
    }

    /** Whether the value of a key has another type, so that the key is absent for MGET. */
    private static boolean isWrongType(JedisDataException error) {
      return error.getMessage() != null && error.getMessage().startsWith("WRONGTYPE ");
    }
  }

  /** The commands for one node in one round. */
  private static final class Group {

    final ClusterNode node;

    /** In the first round: the parts, each with all of its commands. */
    final List<Part> whole = new ArrayList<>();

    /** In further rounds. */
    final List<Todo> todos = new ArrayList<>();

    PooledExecutor.@Nullable Exchange exchange;
    @Nullable RuntimeException failure;

    Group(ClusterNode node) {
      this.node = node;
    }

    Request request() {
      if (!whole.isEmpty()) {
        List<Request> requests = new ArrayList<>(whole.size());
        whole.forEach(part -> requests.add(part.request));
        return Request.together(requests);
      }
      Request first = todos.get(0).part.request;
      List<CommandArguments> commands = new ArrayList<>(todos.size());
      boolean idempotent = true;
      long bytes = 0;
      Part before = null;
      for (Todo todo : todos) {
        if (todo.importer != null) {
          commands.add(ASKING);
        }
        commands.add(todo.command);
        idempotent &= todo.part.request.idempotent();
        if (todo.part != before) {
          before = todo.part;
          bytes += before.request.replyBytes();
        }
      }
      return new Request(
          first.operation(),
          first.route(),
          idempotent,
          commands,
          (int) Math.min(Integer.MAX_VALUE, bytes));
    }
  }

  /** Sends all requests, and returns the replies of each. */
  List<List<@Nullable Object>> send() {
    endRound(wholeGroups());
    return sendOpen();
  }

  private List<List<@Nullable Object>> sendOpen() {
    while (isAnyOpen()) {
      pauseOrThrow();
      endRound(openGroups());
    }
    List<List<@Nullable Object>> replies = new ArrayList<>(parts.size());
    parts.forEach(part -> replies.add(Arrays.asList(part.replies)));
    return replies;
  }

  private void endRound(List<Group> groups) {
    if (!groups.isEmpty()) {
      exchange(groups);
    }
    for (Part part : parts) {
      if (!part.open.isEmpty()) {
        part.open.removeIf(todo -> todo.isExecuted);
      }
    }
    rounds++;
  }

  /** Sends the only request again after a node did not execute all of it. */
  List<List<@Nullable Object>> sendAfter(ClusterNode node, List<@Nullable Object> replies) {
    Part only = parts.get(0);
    takeAll(node, only, replies);
    only.open.removeIf(todo -> todo.isExecuted);
    rounds++;
    return sendOpen();
  }

  /** Sends the only request again after a node could not be asked, or throws. */
  List<List<@Nullable Object>> sendAfter(ClusterNode node, RedisUnavailableException e) {
    Group group = new Group(node);
    group.whole.add(parts.get(0));
    RuntimeException fatal = fail(group, e);
    if (fatal != null) {
      throw fatal;
    }
    rounds++;
    return sendOpen();
  }

  private boolean isAnyOpen() {
    for (Part part : parts) {
      if (!part.open.isEmpty()) {
        return true;
      }
    }
    return false;
  }

  /** All parts by node. */
  private List<Group> wholeGroups() {
    List<Group> groups = new ArrayList<>();
    for (Part part : parts) {
      ClusterNode node = owner(part);
      if (node != null) {
        groupOf(node, groups).whole.add(part);
      } else {
        part.reopen();
      }
    }
    return inOrder(groups);
  }

  /** The open commands by node. */
  private List<Group> openGroups() {
    List<Group> groups = new ArrayList<>();
    for (Part part : parts) {
      for (Todo todo : part.open) {
        ClusterNode node = todo.importer != null ? todo.importer : owner(part);
        if (node != null) {
          groupOf(node, groups).todos.add(todo);
        }
      }
    }
    return inOrder(groups);
  }

  /** The group of a node, of which there are few. */
  private static Group groupOf(ClusterNode node, List<Group> groups) {
    for (Group group : groups) {
      if (group.node == node) {
        return group;
      }
    }
    Group made = new Group(node);
    groups.add(made);
    return made;
  }

  /** The order in which threads that need several connections borrow them. */
  private static List<Group> inOrder(List<Group> groups) {
    groups.sort(Comparator.comparing(group -> group.node.name()));
    return groups;
  }

  private @Nullable ClusterNode owner(Part part) {
    ClusterNode owner = topology.owner(part.slot);
    if (owner == null && !topology.isLoaded()) {
      topology.load();
      owner = topology.owner(part.slot);
    }
    if (owner == null) {
      notExecuted(
          part,
          new RedisUnavailableException(
              "%s on %s failed: slot %s has no master. redis-cli --cluster check tells which nodes are missing, redis-cli --cluster fix gives their slots to others."
                  .formatted(part.request.operation(), topology.address(), part.slot),
              new CacheException("No master of slot " + part.slot),
              Kind.REFUSED,
              topology.address()));
      unserved(part);
    }
    return owner;
  }

  private void unserved(Part part) {
    unservedNanos = Math.max(unservedNanos, topology.unserved(part.slot));
    pauses = true;
  }

  /** Waits as long as the outcome of the last round asks for. */
  private void pauseOrThrow() {
    if (firstFailureNanos == 0) {
      return;
    }
    long waitedNanos = System.nanoTime() - firstFailureNanos;
    boolean waits = pauses || rounds > ROUNDS_WITHOUT_PAUSE;
    if ((waits && waitedNanos >= patienceNanos)
        || unservedNanos >= patienceNanos
        || topology.isClosed()) {
      throw failure();
    }
    if (waits) {
      pauses = false;
      long pause = Math.min(MIN_PAUSE_NANOS << Math.min(rounds, 5), MAX_PAUSE_NANOS);
      long random = ThreadLocalRandom.current().nextLong(pause / 2);
      BoundedWait.pause(Math.min(pause - random, patienceNanos - waitedNanos));
    }
  }

  private RuntimeException failure() {
    for (Part part : parts) {
      if (!part.open.isEmpty() && part.failure != null) {
        return part.failure;
      }
    }
    throw new AssertionError("a command is open without a reason");
  }

  private void exchange(List<Group> groups) {
    RuntimeException fatal = null;
    try {
      for (Group group : groups) {
        begin(group, /* isAlone= */ groups.size() == 1);
      }
      for (Group group : groups) {
        RuntimeException failure = finish(group);
        if (fatal == null) {
          fatal = failure;
        } else if (failure != null && failure != fatal) {
          fatal.addSuppressed(failure);
        }
      }
    } finally {
      for (Group group : groups) {
        if (group.exchange != null) {
          group.exchange.abandon(); // does nothing to one that is finished
        }
      }
    }
    if (fatal != null) {
      throw fatal;
    }
  }

  private void begin(Group group, boolean isAlone) {
    try {
      if (!isAlone) {
        group.exchange = executor.on(group.node).pool().begin(group.request());
      }
    } catch (CacheException e) {
      group.failure = e;
    }
  }

  /** Takes the replies, and returns a failure after which the requests must not be repeated. */
  private @Nullable RuntimeException finish(Group group) {
    try {
      if (group.failure != null) {
        throw group.failure;
      }
      List<@Nullable Object> replies =
          group.exchange != null
              ? group.exchange.finish()
              : executor.on(group.node).executor().execute(group.request());
      group.node.worked();
      takeReplies(group, replies);
      return null;
    } catch (RedisUnavailableException e) {
      return fail(group, e);
    } catch (CacheException e) {
      return e;
    }
  }

  private @Nullable RuntimeException fail(Group group, RedisUnavailableException e) {
    boolean isIdempotent = true;
    for (Part part : group.whole) {
      isIdempotent &= part.request.idempotent();
      part.reopen();
      notExecuted(part, e);
    }
    for (Todo todo : group.todos) {
      isIdempotent &= todo.part.request.idempotent();
      todo.importer = null;
      notExecuted(todo.part, e);
    }
    boolean failedBefore = group.node.hasFailedFor(patienceNanos);
    if (e.kind() == Kind.UNREACHABLE || e.isOutcomeUnknown()) {
      group.node.failed();
      topology.refreshSoon();
    }
    pauses = true;
    boolean mayRepeat = RetryPolicy.mayRepeatElsewhere(e, isIdempotent, group.node.isClosed());
    return mayRepeat && !failedBefore ? null : e;
  }

  private void notExecuted(Part part, RuntimeException reason) {
    part.failure = reason;
    if (firstFailureNanos == 0) {
      firstFailureNanos = System.nanoTime() | 1; // never 0
    }
  }

  /** Takes the replies to a group's commands, of which some may be redirects. */
  private void takeReplies(Group group, List<@Nullable Object> replies) {
    int from = 0;
    for (Part part : group.whole) {
      int to = from + part.replies.length;
      takeAll(group.node, part, replies.subList(from, to));
      from = to;
    }
    takeEach(group.node, group.todos, replies.listIterator(from));
  }

  /** Takes the replies to all commands of a part. */
  private void takeAll(ClusterNode node, Part part, List<@Nullable Object> replies) {
    if (ClusterExecutor.isComplete(replies)) {
      replies.toArray(part.replies);
    } else {
      part.reopen();
      takeEach(node, part.open, replies.iterator());
    }
  }

  private void takeEach(ClusterNode node, List<Todo> todos, Iterator<@Nullable Object> replies) {
    for (Todo todo : todos) { // a part whose command is split gets another list
      if (todo.importer != null) {
        Object unused = replies.next(); // of ASKING
      }
      Object reply = replies.next();
      ErrorReply redirect = ErrorReply.ofCluster(reply);
      if (redirect == null || !(reply instanceof JedisDataException error)) {
        todo.complete(reply);
      } else if (redirect == ErrorReply.TRY_AGAIN && !isSplittable(todo)) {
        todo.complete(reply); // the caller has commands with one key each
      } else {
        notExecuted(todo.part, node.pool().failures().refused(todo.part.request, error));
        follow(redirect, String.valueOf(error.getMessage()), todo, node);
      }
    }
  }

  private void follow(ErrorReply redirect, String words, Todo todo, ClusterNode from) {
    todo.importer = null;
    switch (redirect) {
      case MOVED, ASK -> {
        Settings.Address target = ClusterView.redirect(words, from.address());
        if (target == null) {
          unserved(todo.part);
        } else if (redirect == ErrorReply.MOVED) {
          topology.moved(todo.part.slot, target);
        } else {
          topology.redirected(todo.part.slot);
          todo.importer = topology.node(target);
        }
      }
      case TRY_AGAIN -> split(todo);
      case CLUSTER_DOWN -> unserved(todo.part);
      default -> throw new AssertionError(redirect + " is not about the cluster");
    }
  }

  private static boolean isSplittable(Todo todo) {
    return todo.element < 0
        && todo.command.getCommand() instanceof Command name
        && SPLITTABLE.containsKey(name);
  }

  /**
   * Sends a command for each key of a slot that is on its way: some are at its master, some at the
   * other node, and neither answers for both.
   */
  private static void split(Todo todo) {
    Command single =
        requireNonNull(SPLITTABLE.get((Command) todo.command.getCommand())); // isSplittable
    int keys = todo.command.size() - 1;
    Part part = todo.part;
    part.replies[todo.index] =
        single == Command.GET ? new ArrayList<>(Collections.nCopies(keys, null)) : (Object) 0L;
    List<Todo> open = new ArrayList<>(part.open);
    int at = open.indexOf(todo);
    open.remove(at);
    Iterator<Rawable> arguments = todo.command.iterator();
    Rawable unused = arguments.next(); // the name of the command
    for (int i = 0; i < keys; i++) {
      CommandArguments command = new CommandArguments(single).add(arguments.next());
      open.add(at + i, new Todo(part, command, todo.index, i));
    }
    part.open = open;
  }
}
