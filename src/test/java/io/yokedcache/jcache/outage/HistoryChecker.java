package io.yokedcache.jcache.outage;

import static java.util.Comparator.comparingLong;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Decides whether the history of a key is linearizable: whether all calls could have taken effect
 * one after the other, each between its start and its end, with the results that they returned. The
 * search is the one of Wing and Gong, with Lowe's memory of the configurations that led nowhere.
 *
 * <p>The key has a value or none. It has none at the beginning. In a {@link Gap} the entry may
 * vanish any number of times. For one thread.
 */
final class HistoryChecker {

  /** An answer of the checker. */
  enum Verdict {
    LINEARIZABLE,
    VIOLATED,
    /** The search was given up: it would need more than the allowed number of configurations. */
    UNDECIDED
  }

  /** A span in which the entry may vanish, such as the time in which an invalidation is owed. */
  record Gap(long startNanos, long endNanos) {}

  private static final int MAX_CONFIGURATIONS = 300_000;

  /** Stands for all values that no call has returned or compared with. */
  private static final long UNSEEN = -1;

  private final Call[] calls;
  private final List<Gap> gaps;
  private final BitSet done = new BitSet();
  private final Set<Configuration> seen = new HashSet<>();
  private int known;

  private HistoryChecker(List<Call> calls, List<Gap> gaps) {
    Set<Long> seenValues = new HashSet<>();
    for (Call call : calls) {
      if (call.action() == Call.Action.REPLACE_IF || call.action() == Call.Action.REMOVE_IF) {
        seenValues.add(call.expected());
      }
      if (call.isKnown()) {
        seenValues.add(call.result());
      }
    }
    this.calls =
        calls.stream()
            .map(call -> seenValues.contains(call.argument()) ? call : call.writing(UNSEEN))
            .sorted(comparingLong(Call::startNanos))
            .toArray(Call[]::new);
    this.gaps = gaps;
    this.known = Math.toIntExact(calls.stream().filter(Call::isKnown).count());
  }

  static Verdict check(List<Call> calls, List<Gap> gaps) {
    return new HistoryChecker(calls, gaps).search();
  }

  static Verdict check(List<Call> calls) {
    return check(calls, List.of());
  }

  /**
   * Returns the shortest beginning of a violating history that is a violation too: the calls that
   * ended by some time, and those under way then as calls of unknown outcome, in the order of their
   * starts.
   */
  static List<Call> shortestViolation(List<Call> calls, List<Gap> gaps) {
    long[] ends = calls.stream().filter(Call::isKnown).mapToLong(Call::endNanos).sorted().toArray();
    int low = 0;
    int high = ends.length - 1;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (check(until(calls, ends[middle]), gaps) == Verdict.VIOLATED) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return until(calls, ends[low]);
  }

  private static List<Call> until(List<Call> calls, long nanos) {
    return calls.stream()
        .filter(call -> call.startNanos() <= nanos)
        .map(call -> call.endNanos() <= nanos ? call : call.asUnknown())
        .sorted(comparingLong(Call::startNanos))
        .toList();
  }

  /** What decides how the search goes on: the calls that took effect, and the value then. */
  private record Configuration(BitSet done, long state) {}

  /** A configuration on the way, and the choices that were not tried yet. */
  private record Frame(long state, List<Choice> choices) {}

  /** What calls of unknown outcome have in common that can take each other's places. */
  private record Effect(Call.Action action, long argument, long expected) {

    static Effect of(Call call) {
      return switch (call.action()) {
        case PUT, GET_AND_PUT, INVOKE -> new Effect(Call.Action.PUT, call.argument(), 0);
        case REPLACE, GET_AND_REPLACE -> new Effect(Call.Action.REPLACE, call.argument(), 0);
        case PUT_IF_ABSENT -> new Effect(Call.Action.PUT_IF_ABSENT, call.argument(), 0);
        case REMOVE, GET_AND_REMOVE -> new Effect(Call.Action.REMOVE, 0, 0);
        case REPLACE_IF -> new Effect(Call.Action.REPLACE_IF, call.argument(), call.expected());
        case REMOVE_IF -> new Effect(Call.Action.REMOVE_IF, 0, call.expected());
        case GET, CONTAINS_KEY -> new Effect(Call.Action.GET, 0, 0);
      };
    }
  }

  /** The call that takes effect next, or -1 for the loss of the entry. */
  private record Choice(int call, long next) {}

  private Verdict search() {
    List<Frame> path = new ArrayList<>();
    List<Choice> taken = new ArrayList<>();
    path.add(new Frame(Call.ABSENT, choices(Call.ABSENT)));
    while (!path.isEmpty()) {
      if (known == 0) {
        return Verdict.LINEARIZABLE;
      }
      Frame frame = path.get(path.size() - 1);
      if (frame.choices.isEmpty()) {
        path.remove(path.size() - 1);
        if (!taken.isEmpty()) {
          mark(taken.remove(taken.size() - 1), /* isDone= */ false);
        }
        continue;
      }
      Choice choice = frame.choices.remove(frame.choices.size() - 1);
      mark(choice, /* isDone= */ true);
      if (seen.add(new Configuration((BitSet) done.clone(), choice.next))) {
        if (seen.size() > MAX_CONFIGURATIONS) {
          return Verdict.UNDECIDED;
        }
        taken.add(choice);
        path.add(new Frame(choice.next, choices(choice.next)));
      } else {
        mark(choice, /* isDone= */ false);
      }
    }
    return Verdict.VIOLATED;
  }

  private void mark(Choice choice, boolean isDone) {
    if (choice.call < 0) {
      return;
    }
    done.set(choice.call, isDone);
    if (calls[choice.call].isKnown()) {
      known += isDone ? -1 : 1;
    }
  }

  /** Returns what can happen next; the last one is tried first. */
  private List<Choice> choices(long state) {
    long firstEnd = Long.MAX_VALUE;
    long lastStart = Long.MIN_VALUE;
    for (int i = 0; i < calls.length; i++) {
      if (done.get(i)) {
        lastStart = calls[i].startNanos();
      } else if (calls[i].startNanos() > firstEnd) {
        break;
      } else {
        firstEnd = Math.min(firstEnd, calls[i].endNanos());
      }
    }
    List<Choice> unknown = new ArrayList<>();
    List<Choice> answered = new ArrayList<>();
    Set<Effect> effects = new HashSet<>();
    boolean anyMisfits = false;
    for (int i = 0; i < calls.length && calls[i].startNanos() <= firstEnd; i++) {
      if (done.get(i)) {
        continue;
      }
      long next = calls[i].next(state);
      if (!calls[i].isKnown()) {
        // Of calls with the same effect the one that began first is as good as any.
        if (next != state && effects.add(Effect.of(calls[i]))) {
          unknown.add(new Choice(i, next));
        }
      } else if (!calls[i].fits(state)) {
        anyMisfits = true;
      } else if (calls[i].changesNothing() && !endsGap(lastStart, calls[i].startNanos())) {
        // It changes nothing and excludes nothing, so no other order can be better than this one.
        return new ArrayList<>(List.of(new Choice(i, state)));
      } else {
        answered.add(new Choice(i, next));
      }
    }
    // They can wait until a call needs them: a call that fits does the same with and without them.
    if (!anyMisfits && gaps.isEmpty()) {
      return answered;
    }
    if (state != Call.ABSENT && mayVanish(lastStart, firstEnd)) {
      unknown.add(new Choice(-1, Call.ABSENT));
    }
    unknown.addAll(answered);
    return unknown;
  }

  /** Returns whether a loss of the entry would be too late behind a call with that start. */
  private boolean endsGap(long lastStart, long startNanos) {
    for (Gap gap : gaps) {
      if (gap.endNanos >= lastStart && gap.endNanos < startNanos) {
        return true;
      }
    }
    return false;
  }

  private boolean mayVanish(long lastStart, long firstEnd) {
    for (Gap gap : gaps) {
      if (gap.startNanos <= firstEnd && gap.endNanos >= lastStart) {
        return true;
      }
    }
    return false;
  }
}
