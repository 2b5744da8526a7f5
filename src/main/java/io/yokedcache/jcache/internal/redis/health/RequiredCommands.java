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
    String all = "all operations";
    String removals = "removals";
    String conditional = "conditional changes, invoke and bulk writes";
    String expiry = "expiry";
    String tags = "caches with tags";
    String events = "listeners and events of other JVMs";
    USES.put(Command.GET, all);
    USES.put(Command.MGET, all);
    USES.put(Command.SET, all);
    USES.put(Command.EXISTS, all);
    USES.put(Command.DEL, removals);
    USES.put(Command.UNLINK, removals);
    USES.put(Command.GETDEL, "getAndRemove and removals that listeners hear of");
    USES.put(Command.GETEX, "expiry that a read renews");
    USES.put(Command.PTTL, expiry);
    USES.put(Command.PEXPIRE, expiry);
    USES.put(Command.PERSIST, expiry);
    USES.put(Command.GETRANGE, tags);
    USES.put(Command.HGET, tags);
    USES.put(Command.HSET, tags);
    USES.put(Command.HDEL, tags);
    USES.put(Command.EVAL, conditional);
    USES.put(Command.EVALSHA, conditional);
    USES.put(Command.TIME, "expiry and leases");
    USES.put(Command.SCAN, "iterators, key statistics and the deletion of stale entries");
    USES.put(Command.PUBLISH, events);
    USES.put(Command.SUBSCRIBE, events);
    USES.put(Command.CLIENT, "near caches");
    USES.put(Command.MEMORY, "the size in the key statistics");
  }

  private RequiredCommands() {}

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
