package io.yokedcache.jcache.internal.store;

import java.util.concurrent.ThreadLocalRandom;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Protocol.Command;

/** Tells the listeners of other JVMs what one cache object changed. */
final class ChangePublisher {

  private final ScriptRunner scripts;
  private final String operation;
  private final byte[] channel;
  private final byte[] origin;

  ChangePublisher(RedisExecutor executor, KeySpace names, String cacheName) {
    this.scripts = new ScriptRunner(executor);
    this.operation = "publish on cache " + cacheName;
    this.channel = names.channel();
    this.origin = new byte[ChangeMessage.ORIGIN_LENGTH];
    ThreadLocalRandom.current().nextBytes(origin);
  }

  /** What marks the changes of this cache object. */
  byte[] origin() {
    return origin.clone();
  }

  void publish(Mutation mutation, Outcome outcome) {
    ChangeMessage message =
        new ChangeMessage(
            outcome.change(),
            Bytes.of(origin),
            mutation.key(),
            outcome.prior(),
            outcome.change().isWrite() ? mutation.value() : null);
    scripts.command(
        operation,
        Bytes.of(channel),
        /* idempotent= */ false,
        new CommandArguments(Command.PUBLISH).add(channel).add(message.encode()));
  }
}
