package io.yokedcache.jcache.internal.redis.health;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;

/**
 * The commands that a server must have, all of which Redis 6.2 has. A server may lack one because
 * an administrator renamed it, because a proxy does not pass it on, or because it is another
 * product. A missing right is no missing command: an operation without a right says so itself.
 */
final class RequiredCommands {

  private static final Logger logger = LoggerFactory.getLogger(RequiredCommands.class);

  /** The commands, and what fails without them. */
  private static final Map<Command, String> USES = new LinkedHashMap<>();

  static {
    add("all operations", Command.GET, Command.MGET, Command.SET, Command.EXISTS);
    add("removals", Command.DEL, Command.UNLINK);
    add("getAndRemove and removals that listeners hear of", Command.GETDEL);
    add("expiry that a read renews", Command.GETEX);
    add("expiry", Command.PTTL, Command.PEXPIRE, Command.PERSIST);
    add("caches with tags", Command.GETRANGE, Command.HGET, Command.HSET, Command.HDEL);
    add("conditional changes, invoke and bulk writes", Command.EVAL, Command.EVALSHA);
    add("expiry and leases", Command.TIME);
    add("iterators, key statistics and the deletion of stale entries", Command.SCAN);
    add("listeners and events of other JVMs", Command.PUBLISH, Command.SUBSCRIBE);
    add("near caches", Command.CLIENT);
    add("the size in the key statistics", Command.MEMORY);
  }

  private RequiredCommands() {}

  private static void add(String use, Command... commands) {
    for (Command command : commands) {
      USES.put(command, use);
    }
  }

  /** The command that asks for them. */
  static CommandArguments question() {
    CommandArguments question = new CommandArguments(Command.COMMAND).add("INFO");
    USES.keySet().forEach(command -> question.add(command.name()));
    return question;
  }

  /**
   * Logs the missing commands as one warning.
   *
   * @param address the server
   * @param reply of {@link #question}; an error, or anything else that is not a list with an
   *     element for each command, tells nothing
   */
  static void warnOfMissing(String address, @Nullable Object reply) {
    if (!(reply instanceof List<?> infos) || infos.size() != USES.size()) {
      logger.debug("{} does not tell which commands it has", address);
      return;
    }
    List<String> missing = new ArrayList<>();
    int i = 0;
    for (Map.Entry<Command, String> use : USES.entrySet()) {
      // RESP2 has a null for an unknown command, and some servers have an empty list.
      if (!(infos.get(i++) instanceof List<?> info) || info.isEmpty()) {
        missing.add("%s (%s)".formatted(use.getKey(), use.getValue()));
      }
    }
    if (!missing.isEmpty()) {
      logger.warn(
          "The server {} lacks commands: {}. What is in brackets does not work. The commands are"
              + " renamed (rename-command), or a proxy does not pass them on, or the server is no"
              + " Redis 6.2 or newer",
          address,
          String.join(", ", missing));
    }
  }
}
