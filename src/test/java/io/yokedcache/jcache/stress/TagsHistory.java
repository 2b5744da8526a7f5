package io.yokedcache.jcache.stress;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * The puts, invalidations and reads of several JVMs, in one file each. The times are those of
 * {@link System#nanoTime}, which the JVMs of one machine share on Linux. A file of a JVM that was
 * killed lacks the last operations, which are then not judged.
 */
final class TagsHistory {

  /**
   * An invalidation that has returned.
   *
   * @param jvm the JVM that made it
   */
  private record Invalidation(int jvm, long beganNanos, long endedNanos) {}

  /** The last read of a JVM that found a value. */
  private record Read(int jvm, long number, int key, long beganNanos) {}

  /**
   * The result of a check.
   *
   * @param stale the values that were read although an invalidation had ended them
   * @param lost the number of values that were read between the death of a master, which may have
   *     lost the invalidation, and the repair by the JVM that had made it
   * @param judged the number of values whose put and reads are known
   * @param ended the number of judged values that an invalidation ended
   */
  record Verdict(List<String> stale, long lost, long judged, long ended) {}

  private final int tags;
  private final Map<Long, Long> putsEnded = new HashMap<>();
  private final Map<Integer, List<Invalidation>> invalidations = new HashMap<>();
  private final List<Read> reads = new ArrayList<>();

  /** By JVM the times at which it had repaired a fail-over. */
  private final Map<Integer, List<Long>> repairs = new HashMap<>();

  private final List<Long> deaths = new ArrayList<>();

  /**
   * Creates an empty history.
   *
   * @param tags the number of tags
   */
  TagsHistory(int tags) {
    this.tags = tags;
  }

  /** The two tags of a key, which may be one. */
  static int[] tagsOf(int key, int tags) {
    return new int[] {key % tags, key / tags % tags};
  }

  /** Adds the file of a JVM. */
  void add(int jvm, Path file) throws IOException {
    for (String line : Files.readAllLines(file)) {
      String[] words = line.split(" ", -1);
      if (words[words.length - 1].equals(";")) { // else the JVM was killed while it wrote
        add(jvm, words);
      }
    }
  }

  private void add(int jvm, String[] words) {
    switch (words[0]) {
      case "put" -> putEnded(Long.parseLong(words[1]), Long.parseLong(words[2]));
      case "invalidated" ->
          invalidated(
              jvm, Integer.parseInt(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]));
      case "read" ->
          read(jvm, Long.parseLong(words[1]), Integer.parseInt(words[2]), Long.parseLong(words[3]));
      case "repaired" -> repaired(jvm, Long.parseLong(words[1]));
      default -> throw new IllegalArgumentException(String.join(" ", words));
    }
  }

  void putEnded(long number, long nanos) {
    putsEnded.put(number, nanos);
  }

  void invalidated(int jvm, int tag, long beganNanos, long endedNanos) {
    invalidations
        .computeIfAbsent(tag, any -> new ArrayList<>())
        .add(new Invalidation(jvm, beganNanos, endedNanos));
  }

  void read(int jvm, long number, int key, long beganNanos) {
    reads.add(new Read(jvm, number, key, beganNanos));
  }

  /** Adds the end of a repair after a fail-over. */
  void repaired(int jvm, long nanos) {
    repairs.computeIfAbsent(jvm, any -> new ArrayList<>()).add(nanos);
  }

  /** Adds a time at which a master was about to be killed. */
  void masterDies(long nanos) {
    deaths.add(nanos);
  }

  /**
   * Checks all reads. After the death of a master, other JVMs may find values of which an
   * invalidation was lost until the JVM that made it has repaired the fail-over.
   *
   * @param boundNanos how long a JVM may use a value after an invalidation of another JVM returned
   */
  Verdict check(long boundNanos) {
    List<String> stale = new ArrayList<>();
    long lost = 0;
    long judged = 0;
    long ended = 0;
    for (Read read : reads) {
      Long putEnded = putsEnded.get(read.number);
      if (putEnded == null) {
        continue;
      }
      judged++;
      boolean hasEnded = false;
      for (int tag : tagsOf(read.key, tags)) {
        for (Invalidation each : invalidations.getOrDefault(tag, List.of())) {
          if (each.beganNanos - putEnded <= 0) {
            continue;
          }
          hasEnded = true;
          long allowed = each.endedNanos + (each.jvm == read.jvm ? 0 : boundNanos);
          if (read.beganNanos - allowed <= 0) {
            continue;
          }
          if (mayBeLost(each, read, boundNanos)) {
            lost++;
          } else {
            stale.add(
                "JVM %s read value %s of key %s %s us after JVM %s had invalidated tag %s"
                    .formatted(
                        read.jvm,
                        read.number,
                        read.key,
                        (read.beganNanos - each.endedNanos) / 1_000,
                        each.jvm,
                        tag));
            break;
          }
        }
      }
      ended += hasEnded ? 1 : 0;
    }
    return new Verdict(stale, lost, judged, ended);
  }

  private boolean mayBeLost(Invalidation invalidation, Read read, long boundNanos) {
    return invalidation.jvm != read.jvm
        && deaths.stream()
            .filter(death -> read.beganNanos - death >= 0)
            .anyMatch(
                death ->
                    repairs.getOrDefault(invalidation.jvm, List.of()).stream()
                        .filter(repair -> repair - death > 0)
                        .limit(1) // in the order of time
                        .anyMatch(repair -> read.beganNanos - repair <= boundNanos));
  }

  /** Writes the file of this JVM. Safe for use by several threads, and written by one. */
  static final class Recorder {

    private final Path file;
    private final ConcurrentLinkedQueue<String> lines = new ConcurrentLinkedQueue<>();

    /** By number and key the beginning of the last read. */
    private final Map<Long, long[]> lastReads = new ConcurrentHashMap<>();

    Recorder(Path file) {
      this.file = file;
    }

    void putEnded(long number) {
      lines.add("put %s %s ;".formatted(number, System.nanoTime()));
    }

    void invalidated(int tag, long beganNanos) {
      lines.add("invalidated %s %s %s ;".formatted(tag, beganNanos, System.nanoTime()));
    }

    /** This JVM has repaired a fail-over. */
    void repaired() {
      lines.add("repaired %s ;".formatted(System.nanoTime()));
    }

    /** Only the last read of a value is kept: if an earlier one was stale, so is the last one. */
    void read(long number, int key, long beganNanos) {
      lastReads.merge(
          number,
          new long[] {key, beganNanos},
          (before, now) -> before[1] - now[1] > 0 ? before : now);
    }

    /** Appends to the file the operations that have ended since the last call. */
    synchronized void flush() {
      try (BufferedWriter writer =
          Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
        for (Long number : List.copyOf(lastReads.keySet())) {
          long[] read = lastReads.remove(number);
          if (read != null) {
            writer.write("read %s %s %s ;%n".formatted(number, read[0], read[1]));
          }
        }
        for (String line = lines.poll(); line != null; line = lines.poll()) {
          writer.write(line);
          writer.newLine();
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public String toString() {
    return "%s puts, %s invalidations, %s reads of values"
        .formatted(
            putsEnded.size(),
            invalidations.values().stream().mapToInt(List::size).sum(),
            reads.size());
  }
}
