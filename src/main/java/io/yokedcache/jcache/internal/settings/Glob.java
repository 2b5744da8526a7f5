package io.yokedcache.jcache.internal.settings;

import java.util.Comparator;

/**
 * A pattern of cache names, in which {@code *} stands for any characters, also none and also dots,
 * and {@code ?} for exactly one. Every other character stands for itself: names of inner classes
 * and of Hibernate's regions need no escape.
 *
 * @param pattern the text of the pattern
 */
record Glob(String pattern) {

  /** From the least to the most specific; patterns that are equally specific by their text. */
  static final Comparator<Glob> BY_LITERALS =
      Comparator.comparingInt(Glob::literals).thenComparing(Glob::pattern);

  /** Whether a name in the configuration is a pattern and not the name of one cache. */
  static boolean isGlob(String name) {
    return name.indexOf('*') >= 0 || name.indexOf('?') >= 0;
  }

  private int literals() {
    return (int) pattern.chars().filter(c -> c != '*' && c != '?').count();
  }

  /**
   * Whether the whole name matches. On a mismatch only the last star is tried at another length, so
   * the time is bounded by the product of the two lengths, where a regular expression may take
   * exponentially longer.
   */
  boolean matches(String name) {
    int p = 0;
    int n = 0;
    int star = -1;
    int starTaken = 0;
    while (n < name.length()) {
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        star = p++;
        starTaken = n;
      } else if (p < pattern.length()
          && (pattern.charAt(p) == '?' || pattern.charAt(p) == name.charAt(n))) {
        p++;
        n++;
      } else if (star >= 0) {
        p = star + 1;
        n = ++starTaken;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }
}
