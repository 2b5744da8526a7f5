package io.yokedcache.metrics.bridge;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds the name that somebody probably meant. */
final class Resemblance {

  private Resemblance() {}

  /** The candidate with the fewest differences, if they are few; case and hyphens are none. */
  static @Nullable String closest(String name, Collection<String> candidates) {
    String meant = letters(name);
    return candidates.stream()
        .filter(candidate -> differences(meant, letters(candidate)) <= 1 + meant.length() / 4)
        .min(
            Comparator.<String>comparingInt(candidate -> differences(meant, letters(candidate)))
                .thenComparing(Comparator.naturalOrder()))
        .orElse(null);
  }

  private static String letters(String name) {
    return name.replaceAll("[-_]", "").toLowerCase(Locale.ROOT);
  }

  /** How many letters must be inserted, removed or replaced, kept row by row. */
  private static int differences(String left, String right) {
    int[] row = new int[right.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= left.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int replaced = diagonal + (left.charAt(i - 1) == right.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[right.length()];
  }
}
