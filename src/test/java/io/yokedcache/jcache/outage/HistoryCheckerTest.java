package io.yokedcache.jcache.outage;

import static io.yokedcache.jcache.outage.HistoryChecker.Verdict.LINEARIZABLE;
import static io.yokedcache.jcache.outage.HistoryChecker.Verdict.VIOLATED;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.outage.Call.Action;
import io.yokedcache.jcache.outage.HistoryChecker.Gap;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HistoryCheckerTest {

  private static final long NEVER = Long.MAX_VALUE;
  private static final List<Action> ACTIONS = List.of(Action.values());

  @Test
  void check_noCalls() {
    assertThat(HistoryChecker.check(List.of())).isEqualTo(LINEARIZABLE);
  }

  @Test
  void get_beforeAnyPut() {
    assertThat(HistoryChecker.check(List.of(get(1, 2, 0)))).isEqualTo(LINEARIZABLE);
    assertThat(HistoryChecker.check(List.of(get(1, 2, 7)))).isEqualTo(VIOLATED);
  }

  @Test
  void get_ofOverwrittenValue() {
    assertThat(HistoryChecker.check(List.of(put(1, 2, 7), put(3, 4, 8), get(5, 6, 7))))
        .isEqualTo(VIOLATED);
  }

  @Test
  void get_duringPut() {
    assertThat(HistoryChecker.check(List.of(put(1, 9, 7), get(2, 3, 0)))).isEqualTo(LINEARIZABLE);
    assertThat(HistoryChecker.check(List.of(put(1, 9, 7), get(2, 3, 7)))).isEqualTo(LINEARIZABLE);
  }

  @Test
  void get_newThenOld() {
    assertThat(HistoryChecker.check(List.of(put(1, 9, 7), get(2, 3, 7), get(4, 5, 0))))
        .isEqualTo(VIOLATED);
    assertThat(HistoryChecker.check(List.of(put(1, 9, 7), get(2, 3, 0), get(4, 5, 7))))
        .isEqualTo(LINEARIZABLE);
  }

  @Test
  void get_afterRemove() {
    List<Call> calls = List.of(put(1, 2, 7), call(Action.REMOVE, 3, 4, 0, 0, 1), get(5, 6, 7));

    assertThat(HistoryChecker.check(calls)).isEqualTo(VIOLATED);
  }

  @Test
  void put_lost() {
    assertThat(HistoryChecker.check(List.of(put(1, 2, 7), get(3, 4, 0)))).isEqualTo(VIOLATED);
  }

  @Test
  void put_unknownOutcome() {
    assertThat(HistoryChecker.check(List.of(put(1, NEVER, 7), get(3, 4, 0))))
        .isEqualTo(LINEARIZABLE);
    assertThat(HistoryChecker.check(List.of(put(1, NEVER, 7), get(3, 4, 0), get(5, 6, 7))))
        .as("it may have an effect late")
        .isEqualTo(LINEARIZABLE);
    assertThat(
            HistoryChecker.check(
                List.of(put(1, NEVER, 7), get(3, 4, 7), put(5, 6, 8), get(7, 8, 7))))
        .as("it has an effect once")
        .isEqualTo(VIOLATED);
    assertThat(HistoryChecker.check(List.of(get(1, 2, 7), put(3, NEVER, 7))))
        .as("it has no effect before it starts")
        .isEqualTo(VIOLATED);
  }

  @Test
  void putIfAbsent_twoWinners() {
    List<Call> calls =
        List.of(
            call(Action.PUT_IF_ABSENT, 1, 5, 7, 0, 1), call(Action.PUT_IF_ABSENT, 2, 6, 8, 0, 1));

    assertThat(HistoryChecker.check(calls)).isEqualTo(VIOLATED);
  }

  @Test
  void putIfAbsent_oneWinner() {
    List<Call> calls =
        List.of(
            call(Action.PUT_IF_ABSENT, 1, 5, 7, 0, 0),
            call(Action.PUT_IF_ABSENT, 2, 6, 8, 0, 1),
            get(7, 8, 8));

    assertThat(HistoryChecker.check(calls)).isEqualTo(LINEARIZABLE);
  }

  @Test
  void replaceIf_bothSucceed() {
    List<Call> calls =
        List.of(
            put(1, 2, 7),
            call(Action.REPLACE_IF, 3, 9, 8, 7, 1),
            call(Action.REPLACE_IF, 4, 8, 9, 7, 1));

    assertThat(HistoryChecker.check(calls)).isEqualTo(VIOLATED);
  }

  @Test
  void getAndPut_priorValues() {
    List<Call> calls =
        List.of(
            call(Action.GET_AND_PUT, 1, 9, 7, 0, 8),
            call(Action.GET_AND_PUT, 1, 9, 8, 0, 0),
            call(Action.INVOKE, 1, 9, 9, 0, 7),
            get(10, 11, 9));

    assertThat(HistoryChecker.check(calls)).isEqualTo(LINEARIZABLE);
  }

  @Test
  void invoke_lostUpdate() {
    List<Call> calls =
        List.of(
            put(1, 2, 7), call(Action.INVOKE, 3, 9, 8, 0, 7), call(Action.INVOKE, 4, 8, 9, 0, 7));

    assertThat(HistoryChecker.check(calls)).isEqualTo(VIOLATED);
  }

  @Test
  void getAndRemove_twoTakers() {
    List<Call> calls =
        List.of(
            put(1, 2, 7),
            call(Action.GET_AND_REMOVE, 3, 9, 0, 0, 7),
            call(Action.GET_AND_REMOVE, 3, 9, 0, 0, 7));

    assertThat(HistoryChecker.check(calls)).isEqualTo(VIOLATED);
  }

  @Test
  void gap_entryVanishes() {
    List<Call> calls = List.of(put(1, 2, 7), get(5, 6, 0));

    assertThat(HistoryChecker.check(calls, List.of(new Gap(3, 4)))).isEqualTo(LINEARIZABLE);
    assertThat(HistoryChecker.check(calls, List.of(new Gap(6, 9)))).isEqualTo(LINEARIZABLE);
    assertThat(HistoryChecker.check(calls, List.of(new Gap(7, 9))))
        .as("the gap begins too late")
        .isEqualTo(VIOLATED);
    assertThat(HistoryChecker.check(calls, List.of(new Gap(-1, 0))))
        .as("the gap ends too early")
        .isEqualTo(VIOLATED);
  }

  /** The debt of the failed put is settled at 6; the entry that is there at 8 must stay. */
  @Test
  void gap_lossBehindTheSettlementOfTheDebt() {
    List<Call> calls = List.of(put(1, 2, 7), put(3, NEVER, 8), get(7, 8, 7), get(9, 10, 0));

    assertThat(HistoryChecker.check(calls, List.of(new Gap(3, 6)))).isEqualTo(VIOLATED);
    assertThat(HistoryChecker.check(calls, List.of(new Gap(3, NEVER)))).isEqualTo(LINEARIZABLE);
  }

  @Test
  void joined_gapsOfSeveralCalls() {
    List<Gap> gaps =
        List.of(new Gap(8, 9), new Gap(1, 4), new Gap(12, NEVER), new Gap(2, 3), new Gap(4, 6));

    assertThat(Histories.joined(gaps))
        .containsExactly(new Gap(1, 6), new Gap(8, 9), new Gap(12, NEVER));
  }

  @Test
  void gap_oldValueComesBack() {
    List<Call> calls = List.of(put(1, 2, 7), get(3, 4, 0), get(5, 6, 7));

    assertThat(HistoryChecker.check(calls, List.of(new Gap(1, 9)))).isEqualTo(VIOLATED);
  }

  @Test
  void gap_usedBeforeReadThatWouldAlsoFitNow() {
    List<Call> calls =
        List.of(
            put(1, 2, 7),
            call(Action.PUT_IF_ABSENT, 3, 20, 8, 0, 1),
            call(Action.CONTAINS_KEY, 10, 20, 0, 0, 1));

    assertThat(HistoryChecker.check(calls, List.of(new Gap(4, 5)))).isEqualTo(LINEARIZABLE);
  }

  @Test
  void shortestViolation_endsAtFirstWrongRead() {
    List<Call> calls = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      calls.add(put(10L * i, 10L * i + 1, 100 + i));
      calls.add(get(10L * i + 2, 10L * i + 3, i == 20 ? 5 : 100 + i));
    }

    List<Call> shortest = HistoryChecker.shortestViolation(calls, List.of());

    assertThat(shortest).hasSize(42);
    assertThat(shortest.get(41).result()).isEqualTo(5);
  }

  @Test
  void check_longHistoryOfManyClients() {
    for (long seed = 0; seed < 20; seed++) {
      History history = new History(new SplittableRandom(seed), 400, 6, 60, /* unknowns= */ 25);

      assertThat(HistoryChecker.check(history.calls)).as("seed %d", seed).isEqualTo(LINEARIZABLE);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void check_sameAsAllOrders(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int violated = 0;
    for (int i = 0; i < 3000; i++) {
      List<Call> calls = randomCalls(random, 1 + random.nextInt(6));
      List<Gap> gaps =
          random.nextInt(3) > 0 ? List.of() : List.of(randomGap(random), randomGap(random));

      boolean expected = AllOrders.anyFits(calls, gaps);

      assertThat(HistoryChecker.check(calls, gaps))
          .as("%s with %s", calls, gaps)
          .isEqualTo(expected ? LINEARIZABLE : VIOLATED);
      violated += expected ? 0 : 1;
    }
    assertThat(violated).as("violations among 3000 histories").isBetween(500, 2500);
  }

  /** A right history with one wrong result is found, unless the wrong result happens to fit. */
  @Test
  void check_oneResultChanged() {
    SplittableRandom random = new SplittableRandom(11);
    for (int i = 0; i < 300; i++) {
      History history = new History(random, 7, 3, 12, /* unknowns= */ 1);
      List<Call> calls = new ArrayList<>(history.calls);
      int at = random.nextInt(calls.size());
      Call right = calls.get(at);
      calls.set(
          at,
          new Call(
              right.client(),
              right.action(),
              right.argument(),
              right.expected(),
              right.startNanos(),
              right.endNanos(),
              right.result() + 1));

      assertThat(HistoryChecker.check(calls) == LINEARIZABLE)
          .as("%s", calls)
          .isEqualTo(AllOrders.anyFits(calls, List.of()));
    }
  }

  private static Call put(long start, long end, long value) {
    return call(Action.PUT, start, end, value, 0, 0);
  }

  private static Call get(long start, long end, long result) {
    return call(Action.GET, start, end, 0, 0, result);
  }

  private static Call call(
      Action action, long start, long end, long argument, long expected, long result) {
    return new Call(0, action, argument, expected, start, end, result);
  }

  private static Gap randomGap(SplittableRandom random) {
    long start = random.nextInt(25);
    return new Gap(start, start + random.nextInt(6));
  }

  private static List<Call> randomCalls(SplittableRandom random, int count) {
    List<Call> calls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Action action = ACTIONS.get(random.nextInt(ACTIONS.size()));
      long start = random.nextInt(20);
      long end = random.nextInt(5) == 0 ? NEVER : start + random.nextInt(10);
      boolean isFlag = action.result(1, 1) == 1 && action.result(2, 1) != 2;
      long result = random.nextInt(isFlag ? 2 : 4);
      calls.add(
          call(
              action,
              start,
              end,
              1 + random.nextInt(3),
              1 + random.nextInt(3),
              action == Action.PUT ? 0 : result));
    }
    return calls;
  }

  /** A history that is right: each call takes effect at a time between its start and its end. */
  private static final class History {

    private final List<Call> calls = new ArrayList<>();

    History(SplittableRandom random, int count, int clients, int span, int unknowns) {
      long[] free = new long[clients];
      record Effect(Call call, long atNanos) {}
      List<Effect> effects = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        int client = random.nextInt(clients);
        long start = free[client] + random.nextInt(span);
        long end = start + random.nextInt(span);
        free[client] = end + 1;
        Action action = ACTIONS.get(random.nextInt(ACTIONS.size()));
        boolean unknown = i % count < unknowns && random.nextBoolean();
        Call call = new Call(client, action, i + 1, 1 + random.nextInt(count), start, end, 0);
        effects.add(
            new Effect(
                unknown ? call.asUnknown() : call, start + random.nextLong(end - start + 1)));
      }
      effects.sort((one, other) -> Long.compare(one.atNanos, other.atNanos));
      long state = Call.ABSENT;
      for (Effect effect : effects) {
        Call call = effect.call;
        calls.add(
            new Call(
                call.client(),
                call.action(),
                call.argument(),
                call.expected(),
                call.startNanos(),
                call.endNanos(),
                call.action().result(state, call.expected())));
        if (call.isKnown() || random.nextBoolean()) {
          state = call.next(state);
        }
      }
    }
  }

  /** Tries all orders of the calls, with each call of unknown outcome or without it. */
  private record AllOrders(List<Call> calls, List<Gap> gaps) {

    static boolean anyFits(List<Call> calls, List<Gap> gaps) {
      return new AllOrders(calls, gaps)
          .anyFits(new ArrayList<>(calls), Long.MIN_VALUE, Call.ABSENT);
    }

    private boolean anyFits(List<Call> left, long now, long state) {
      if (left.stream().noneMatch(Call::isKnown)) {
        return true;
      }
      for (Call call : List.copyOf(left)) {
        long at = Math.max(now, call.startNanos());
        if (at > call.endNanos()) {
          return false;
        }
        List<Call> others = new ArrayList<>(left);
        others.remove(call);
        if (call.fits(state) && anyFits(others, at, call.next(state))) {
          return true;
        }
        for (Gap gap : gaps) {
          long gone = Math.max(now, gap.startNanos());
          if (state != Call.ABSENT && gone <= gap.endNanos() && anyFits(left, gone, Call.ABSENT)) {
            return true;
          }
        }
      }
      return false;
    }
  }
}
