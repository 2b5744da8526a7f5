package io.yokedcache.metrics.bridge;

import com.typesafe.config.ConfigOrigin;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Gathers what is wrong with settings, to tell it all at once. Not thread-safe. */
final class Problems {

  private record Problem(String file, int line, String text) {}

  private static final Comparator<Problem> BY_PLACE =
      Comparator.comparing(Problem::file).thenComparing(Problem::line).thenComparing(Problem::text);

  private final List<Problem> found = new ArrayList<>();

  /** Adds a problem with the value of that origin. */
  void add(ConfigOrigin origin, String what) {
    String place = origin.description();
    String file = origin.lineNumber() > 0 ? place.replaceFirst(": [0-9-]+$", "") : place;
    found.add(new Problem(file, origin.lineNumber(), place + ": " + what));
  }

  /** Adds a problem that has a place, but no line. */
  void add(String place, String what) {
    found.add(new Problem(place, /* line= */ 0, place + ": " + what));
  }

  /** Throws if anything was added. */
  void throwIfAny() {
    if (found.isEmpty()) {
      return;
    }
    List<String> lines = found.stream().sorted(BY_PLACE).map(Problem::text).distinct().toList();
    throw new MetricsConfigurationException(
        lines.size() == 1
            ? "The settings of the metrics are wrong: " + lines.get(0)
            : "The settings of the metrics have "
                + lines.size()
                + " problems:\n  - "
                + String.join("\n  - ", lines));
  }
}
