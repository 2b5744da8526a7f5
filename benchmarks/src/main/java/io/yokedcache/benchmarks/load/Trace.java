package io.yokedcache.benchmarks.load;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.tukaani.xz.XZInputStream;

/**
 * The beginning of a recorded sequence of accesses: big-endian 32-bit keys, maybe in {@code .xz}.
 */
public final class Trace {

  /** Of no file: the workload that replays one cannot be run. */
  public static final Trace NONE = new Trace(new int[0]);

  private static final int MAX_ACCESSES = 1_000_000;

  private final int[] keys;

  private Trace(int[] keys) {
    this.keys = keys;
  }

  /**
   * Reads at most the first million accesses.
   *
   * @throws IOException if the file cannot be read; a key cut short at its end is left out
   */
  public static Trace read(Path file) throws IOException {
    int[] keys = new int[MAX_ACCESSES];
    int count = 0;
    try (InputStream raw = new BufferedInputStream(Files.newInputStream(file));
        DataInputStream in =
            new DataInputStream(
                file.toString().endsWith(".xz")
                    ? new BufferedInputStream(new XZInputStream(raw))
                    : raw)) {
      while (count < keys.length) {
        keys[count++] = in.readInt();
      }
    } catch (EOFException endOfTrace) {
      count--;
    }
    return new Trace(Arrays.copyOf(keys, count));
  }

  boolean isEmpty() {
    return keys.length == 0;
  }

  /** The key at some place of the trace, which begins again at its end. */
  int key(long place) {
    return keys[(int) (place % keys.length)];
  }

  int length() {
    return keys.length;
  }
}
