package io.yokedcache.jcache.internal.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.redis.Bytes;
import io.yokedcache.jcache.internal.store.Mutation.Condition;
import io.yokedcache.jcache.internal.store.Mutation.Outcome;
import io.yokedcache.jcache.internal.store.generation.Generation;
import io.yokedcache.jcache.internal.store.keys.KeySpace;
import java.util.Objects;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.args.Rawable;

/** Which mutations are one plain command, which command that is, and what its reply means. */
final class PlannerTest {

  private static final Ttl MINUTE = Ttl.ofMillis(60_000);
  private static final Ttl HOUR = Ttl.ofMillis(3_600_000);
  private static final Bytes KEY = Bytes.utf8("k");
  private static final Bytes VALUE = Bytes.utf8("v");
  private static final byte[] OLD = "old".getBytes(UTF_8);
  private static final byte[] OK = "OK".getBytes(UTF_8);
  private static final Generation GENERATION =
      Objects.requireNonNull(
          Generation.parse("ABCdef012345FINGERPR".getBytes(UTF_8), new KeySpace("yc", "c", 1), 0));

  @Test
  void put_nobodyAsks() {
    Mutation put = write(Condition.ANY, MINUTE, MINUTE, false, false);

    assertThat(command(put)).isEqualTo("SET E v PX 60000");
    assertThat(Planner.readPlain(put, OK)).isEqualTo(new Outcome(Change.WRITTEN, null));
  }

  @Test
  void put_priorWanted() {
    Mutation put = write(Condition.ANY, MINUTE, MINUTE, true, true);

    assertThat(command(put)).isEqualTo("SET E v GET PX 60000");
    assertThat(Planner.readPlain(put, null)).isEqualTo(new Outcome(Change.CREATED, null));
    assertThat(Planner.readPlain(put, OLD)).isEqualTo(new Outcome(Change.UPDATED, Bytes.of(OLD)));
  }

  @Test
  void put_eternal() {
    assertThat(command(write(Condition.ANY, Ttl.ETERNAL, Ttl.ETERNAL, false, false)))
        .isEqualTo("SET E v");
  }

  @Test
  void put_noPlainCommand() {
    assertThat(Planner.isPlain(write(Condition.ANY, MINUTE, HOUR, false, false))).isFalse();
    assertThat(Planner.isPlain(write(Condition.ANY, Ttl.ZERO, Ttl.ZERO, false, false))).isFalse();
    assertThat(Planner.isPlain(write(Condition.ANY, MINUTE, MINUTE, false, true))).isFalse();
    assertThat(Planner.isPlain(write(Condition.EQUAL, MINUTE, MINUTE, false, false))).isFalse();
  }

  @Test
  void putIfAbsent() {
    Mutation put = write(Condition.ABSENT, MINUTE, HOUR, false, true);

    assertThat(command(put)).isEqualTo("SET E v NX PX 60000");
    assertThat(Planner.readPlain(put, OK)).isEqualTo(new Outcome(Change.CREATED, null));
    assertThat(Planner.readPlain(put, null)).isEqualTo(Outcome.NONE);
    assertThat(command(write(Condition.ABSENT, Ttl.UNCHANGED, HOUR, false, false)))
        .isEqualTo("SET E v NX");
    assertThat(Planner.isPlain(write(Condition.ABSENT, Ttl.ZERO, HOUR, false, false))).isFalse();
    assertThat(Planner.isPlain(write(Condition.ABSENT, MINUTE, HOUR, true, false))).isFalse();
  }

  @Test
  void replace() {
    Mutation replace = write(Condition.PRESENT, HOUR, MINUTE, true, true);

    assertThat(command(replace)).isEqualTo("SET E v XX GET PX 60000");
    assertThat(Planner.readPlain(replace, OLD))
        .isEqualTo(new Outcome(Change.UPDATED, Bytes.of(OLD)));
    assertThat(Planner.readPlain(replace, null)).isEqualTo(Outcome.NONE);
    assertThat(command(write(Condition.PRESENT, HOUR, Ttl.UNCHANGED, false, false)))
        .isEqualTo("SET E v XX KEEPTTL");
    assertThat(Planner.isPlain(write(Condition.PRESENT, HOUR, Ttl.ZERO, false, false))).isFalse();
  }

  @Test
  void remove() {
    Mutation remove = Mutation.remove(KEY, Condition.ANY, null);

    assertThat(command(remove)).isEqualTo("DEL E");
    assertThat(Planner.readPlain(remove, 1L)).isEqualTo(new Outcome(Change.REMOVED, null));
    assertThat(Planner.readPlain(remove, 0L)).isEqualTo(Outcome.NONE);
  }

  @Test
  void remove_priorWanted() {
    Mutation remove =
        new Mutation(
            KEY,
            Condition.PRESENT,
            null,
            null,
            Ttl.UNCHANGED,
            Ttl.UNCHANGED,
            /* wantsPrior= */ true,
            /* wantsChange= */ false);

    assertThat(command(remove)).isEqualTo("GETDEL E");
    assertThat(Planner.readPlain(remove, OLD))
        .isEqualTo(new Outcome(Change.REMOVED, Bytes.of(OLD)));
    assertThat(Planner.readPlain(remove, null)).isEqualTo(Outcome.NONE);
  }

  @Test
  void remove_noPlainCommand() {
    assertThat(Planner.isPlain(Mutation.remove(KEY, Condition.EQUAL, VALUE))).isFalse();
  }

  private static Mutation write(
      Condition condition, Ttl onCreation, Ttl onUpdate, boolean prior, boolean change) {
    return new Mutation(KEY, condition, null, VALUE, onCreation, onUpdate, prior, change);
  }

  /** The command as a text, with E for the entry's name. */
  private static String command(Mutation mutation) {
    assertThat(Planner.isPlain(mutation)).as("%s is plain", mutation).isTrue();
    CommandArguments command = Planner.plain(mutation, GENERATION);
    StringJoiner text = new StringJoiner(" ");
    for (Rawable argument : command) {
      text.add(new String(argument.getRaw(), UTF_8));
    }
    return text.toString().replace("yc:{c#0}:ABCdef012345:k", "E");
  }

  /** Keeps the reader honest about which replies may be absent. */
  @Test
  void readPlain_unexpectedReply() {
    @Nullable Object nothing = null;
    Mutation remove = Mutation.remove(KEY, Condition.ANY, null);

    assertThat(Planner.readPlain(remove, nothing)).isEqualTo(Outcome.NONE);
  }
}
