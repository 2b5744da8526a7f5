package io.yokedcache.jcache.internal.settings;

import com.typesafe.config.ConfigOrigin;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import javax.cache.CacheException;

/**
 * The errors in a configuration, collected so that one exception reports them all. Not safe for use
 * by several threads.
 */
final class ConfigErrors {

  private record Problem(String where, int line, String what) {

    private static final Comparator<Problem> ORDER =
        Comparator.comparing(Problem::source)
            .thenComparing(Problem::line)
            .thenComparing(Problem::where)
            .thenComparing(Problem::what);

    /** The place without its line number, so that the lines of a file sort as numbers. */
    String source() {
      return line > 0 ? where.replaceFirst(": [0-9-]+$", "") : where;
    }

    String text() {
      return where.isEmpty() ? what : where + ": " + what;
    }
  }

  private final TreeSet<Problem> found = new TreeSet<>(Problem.ORDER);

  /** Adds a problem with a value; the origin's description has the file and the line. */
  void add(ConfigOrigin origin, String what) {
    found.add(new Problem(origin.description(), origin.lineNumber(), what));
  }

  /** Adds a problem with a URI; the message says where that comes from. */
  void add(MalformedUriException stated) {
    found.add(new Problem("", /* line= */ 0, String.valueOf(stated.getMessage())));
  }

  /** Adds a problem of something that has no line. */
  void add(String where, String what) {
    found.add(new Problem(where, /* line= */ 0, what));
  }

  /** Throws one exception that lists all errors, by file and line; returns if there are none. */
  void throwIfAny() {
    if (!found.isEmpty()) {
      throw toException();
    }
  }

  /** The exception that lists all errors; there is at least one. */
  CacheException toException() {
    List<String> lines = new ArrayList<>();
    for (Problem problem : found) {
      lines.add(problem.text());
    }
    return new CacheException(
        lines.size() == 1
            ? "The configuration of YokedCache is wrong: " + lines.get(0)
            : "The configuration of YokedCache has "
                + lines.size()
                + " problems:\n  - "
                + String.join("\n  - ", lines));
  }
}
