package io.yokedcache.jcache.internal.redis;

import io.yokedcache.jcache.internal.redis.RedisExecutor.Request;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;

/** What is known of commands by their names; asked only when a request has failed. */
public final class Commands {

  private static final Set<Command> READS =
      EnumSet.of(
          Command.EXISTS,
          Command.GET,
          Command.MEMORY,
          Command.MGET,
          Command.PING,
          Command.PTTL,
          Command.SCAN,
          Command.STRLEN,
          Command.TIME);

  /** What changes when an entry expires, and nothing that an application put there. */
  private static final Set<Command> TOUCHES =
      EnumSet.of(Command.GETEX, Command.PERSIST, Command.PEXPIRE);

  private static final Set<Command> SCRIPTS = EnumSet.of(Command.EVAL, Command.EVALSHA);

  private Commands() {}

  /** Whether a request, if it was executed, may have changed an entry. */
  static boolean mayChange(Request request) {
    for (CommandArguments command : request.commands()) {
      // A script that may be called twice changes none: it reads, or keeps a lease.
      boolean harmless = request.idempotent() && isOneOf(SCRIPTS, command);
      if (!harmless && !isOneOf(READS, command) && !isOneOf(TOUCHES, command)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether a request of which at least one command was refused may be sent again as a whole: all
   * that was executed does no harm if it is done twice.
   */
  public static boolean mayRepeat(Request request, List<? extends @Nullable Object> replies) {
    if (request.idempotent()) {
      return true;
    }
    List<CommandArguments> commands = request.commands();
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
