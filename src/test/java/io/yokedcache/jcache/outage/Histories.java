package io.yokedcache.jcache.outage;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Comparator.comparingLong;

import io.yokedcache.jcache.outage.Call.Action;
import io.yokedcache.jcache.outage.HistoryChecker.Gap;
import io.yokedcache.jcache.outage.HistoryChecker.Verdict;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Has three JVMs record calls while faults happen, and checks the history of each key. */
final class Histories {

  private static final int JVMS = 3;
  private static final Duration NEAR_STALENESS = Duration.ofMillis(100);
  private static final long BETWEEN_FAULTS_NANOS = 700_000_000;
  private static final int MAX_VIOLATIONS = 5;

  /**
   * The result of a run.
   *
   * @param calls calls with an outcome, or an unknown one
   * @param unknown calls of unknown outcome
   * @param undecided keys whose histories were too hard to check
   * @param violations the shortest violating beginnings of some histories, to be read
   */
  record Result(int keys, long calls, long unknown, int undecided, List<String> violations) {}

  private Histories() {}

  /** Does one fault after the other until the time is over, and each of them at least once. */
  static Result run(Target target, boolean near, List<Fault> faults, Duration fault, Duration whole)
      throws IOException {
    Path folder = Files.createTempDirectory("yokedcache-histories-");
    List<Path> files = new ArrayList<>();
    try {
      List<PipedJvm> jvms = new ArrayList<>();
      try {
        for (int jvm = 0; jvm < JVMS; jvm++) {
          files.add(folder.resolve("jvm-" + jvm));
          jvms.add(PipedJvm.start(HistoryRecorder.class, arguments(target, jvm, near, files)));
        }
        for (PipedJvm jvm : jvms) {
          String unused = jvm.answer();
        }
        doFaults(target, faults, fault, whole);
      } finally {
        jvms.forEach(PipedJvm::close);
      }
      return check(files, near);
    } finally {
      for (Path file : files) {
        Files.deleteIfExists(file);
      }
      Files.delete(folder);
    }
  }

  private static List<String> arguments(Target target, int jvm, boolean near, List<Path> files) {
    List<String> arguments = new ArrayList<>();
    arguments.add(Integer.toString(jvm));
    arguments.add(target.uri(jvm).toString());
    arguments.add(files.get(jvm).toString());
    arguments.add("yokedcache.connection.command-timeout=300ms");
    arguments.add("yokedcache.connection.connect-timeout=300ms");
    arguments.add("yokedcache.fail-over.recent-changes=0"); // these servers lose nothing
    if (near) {
      arguments.add("yokedcache.defaults.near.enabled=true");
      arguments.add("yokedcache.near.max-staleness=" + NEAR_STALENESS.toMillis() + "ms");
    }
    return arguments;
  }

  private static void doFaults(
      Target target, List<Fault> faults, Duration duration, Duration whole) {
    long end = System.nanoTime() + whole.toNanos();
    for (int i = 0; i < faults.size() || System.nanoTime() - end < 0; i++) {
      LockSupport.parkNanos(BETWEEN_FAULTS_NANOS);
      Fault fault = faults.get(i % faults.size());
      fault.begin().accept(target);
      long over = System.nanoTime() + duration.toNanos();
      while (System.nanoTime() - over < 0) {
        fault.again().accept(target);
        LockSupport.parkNanos(Math.min(over - System.nanoTime(), 100_000_000));
      }
      fault.end().accept(target);
    }
    LockSupport.parkNanos(BETWEEN_FAULTS_NANOS);
  }

  private static Result check(List<Path> files, boolean near) throws IOException {
    Map<String, List<Call>> histories = new TreeMap<>();
    Map<String, List<Call>> debts = new HashMap<>();
    for (Path file : files) {
      try (Stream<String> lines = Files.lines(file, UTF_8)) {
        lines
            .map(HistoryRecorder.Line::parse)
            .forEach(
                line -> {
                  if (line.isGap()) {
                    debts.computeIfAbsent(line.gapKey(), key -> new ArrayList<>()).add(line.call());
                  } else {
                    histories
                        .computeIfAbsent(line.key(), key -> new ArrayList<>())
                        .add(line.call());
                  }
                });
      }
    }
    int undecided = 0;
    List<String> violations = new ArrayList<>();
    for (Map.Entry<String, List<Call>> history : histories.entrySet()) {
      List<Call> owed = debts.getOrDefault(history.getKey(), List.of());
      List<Call> known = withoutAnswersOfDebts(history.getValue(), owed);
      List<Call> calls = near ? withOlderReads(known) : known;
      List<Gap> gaps =
          joined(owed.stream().map(debt -> new Gap(debt.startNanos(), debt.endNanos())).toList());
      Verdict verdict = HistoryChecker.check(calls, gaps);
      if (verdict == Verdict.UNDECIDED) {
        undecided++;
      } else if (verdict == Verdict.VIOLATED && violations.size() < MAX_VIOLATIONS) {
        violations.add(print(history.getKey(), HistoryChecker.shortestViolation(calls, gaps)));
      }
    }
    List<Call> all = histories.values().stream().flatMap(List::stream).toList();
    return new Result(
        histories.size(),
        all.size(),
        all.stream().filter(call -> !call.isKnown()).count(),
        undecided,
        violations);
  }

  /**
   * Lets reads begin earlier by the staleness that near caches may have, but not before the end of
   * a change that the same JVM made.
   */
  private static List<Call> withOlderReads(List<Call> calls) {
    Map<Integer, List<Long>> ends = new HashMap<>();
    for (Call call : calls) {
      if (call.isKnown() && !isRead(call)) {
        ends.computeIfAbsent(call.client(), client -> new ArrayList<>()).add(call.endNanos());
      }
    }
    return calls.stream()
        .map(
            call ->
                isRead(call)
                    ? call.startingAt(
                        ends.getOrDefault(call.client(), List.of()).stream()
                            .mapToLong(Long::longValue)
                            .filter(end -> end <= call.startNanos())
                            .reduce(call.startNanos() - NEAR_STALENESS.toNanos(), Math::max))
                    : call)
        .toList();
  }

  /**
   * Leaves out calls that found no entry and changed nothing while their JVM owed the removal of
   * the entry: it is absent for this JVM then. If Redis refuses all changes, it refuses the removal
   * too, and other JVMs still read the entry.
   *
   * @param debts from the start of a failed call until its JVM owed nothing
   */
  private static List<Call> withoutAnswersOfDebts(List<Call> calls, List<Call> debts) {
    return calls.stream()
        .filter(
            call ->
                !call.isKnown()
                    || !foundNothingAndDidNothing(call)
                    || debts.stream().noneMatch(debt -> isDuring(call, debt)))
        .toList();
  }

  private static boolean isDuring(Call call, Call debt) {
    return call.client() == debt.client()
        && call.endNanos() >= debt.startNanos()
        && call.startNanos() <= debt.endNanos();
  }

  private static boolean foundNothingAndDidNothing(Call call) {
    return call.action().result(Call.ABSENT, call.expected()) == call.result()
        && call.action().next(Call.ABSENT, call.argument(), call.expected()) == Call.ABSENT;
  }

  /** Makes one gap of those that overlap. */
  static List<Gap> joined(List<Gap> gaps) {
    List<Gap> joined = new ArrayList<>();
    for (Gap gap : gaps.stream().sorted(comparingLong(Gap::startNanos)).toList()) {
      Gap last = joined.isEmpty() ? null : joined.get(joined.size() - 1);
      if (last != null && gap.startNanos() <= last.endNanos()) {
        joined.set(
            joined.size() - 1,
            new Gap(last.startNanos(), Math.max(last.endNanos(), gap.endNanos())));
      } else {
        joined.add(gap);
      }
    }
    return joined;
  }

  private static boolean isRead(Call call) {
    return call.action() == Action.GET || call.action() == Action.CONTAINS_KEY;
  }

  /** Prints the last calls, with times in microseconds. */
  private static String print(String key, List<Call> calls) {
    long first = calls.get(0).startNanos();
    Call last = calls.get(calls.size() - 1);
    return calls.stream()
        .filter(
            call ->
                calls.indexOf(call) >= calls.size() - 25
                    || (call.argument() != Call.ABSENT && call.argument() == last.result()))
        .map(
            call ->
                String.format(
                    Locale.ROOT,
                    "JVM %d %s(%x%s) = %s  [%d, %s]",
                    call.client(),
                    call.action(),
                    call.argument(),
                    call.action().name().endsWith("_IF")
                        ? ", expected " + Long.toHexString(call.expected())
                        : "",
                    call.isKnown() ? Long.toHexString(call.result()) : "?",
                    (call.startNanos() - first) / 1000,
                    call.isKnown() ? (call.endNanos() - first) / 1000 : "?"))
        .collect(Collectors.joining("\n  ", key + ", " + calls.size() + " calls:\n  ", ""));
  }
}
