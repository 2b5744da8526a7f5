package io.yokedcache.metrics.statsd;

/**
 * Makes names harmless: whatever the protocol gives a meaning ({@code : | @ # ,} and line breaks),
 * and whatever the plain daemon would remove by itself, becomes an underscore. Two names that
 * differ in nothing else become one.
 */
final class Names {

  private Names() {}

  /** Returns a name of letters, digits, {@code _ - .} only. */
  static String name(String raw) {
    return map(raw, Names::isNameCharacter);
  }

  /** Returns one part of a dotted name: no dots, never empty. */
  static String part(String raw) {
    return raw.isEmpty() ? "_" : map(raw, c -> c != '.' && isNameCharacter(c));
  }

  /** Returns the value of a tag: anything printable that is no separator, never empty. */
  static String tagValue(String raw) {
    return raw.isEmpty() ? "_" : map(raw, Names::isTagCharacter);
  }

  private static boolean isNameCharacter(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '_'
        || c == '-'
        || c == '.';
  }

  private static boolean isTagCharacter(char c) {
    return ":|@#,".indexOf(c) < 0
        && !Character.isWhitespace(c)
        && !Character.isSpaceChar(c)
        && !Character.isISOControl(c);
  }

  private static String map(String raw, Allowed allowed) {
    for (int i = 0; i < raw.length(); i++) {
      if (!allowed.test(raw.charAt(i))) {
        return replaced(raw, allowed);
      }
    }
    return raw;
  }

  private static String replaced(String raw, Allowed allowed) {
    StringBuilder clean = new StringBuilder(raw);
    for (int i = 0; i < raw.length(); i++) {
      if (!allowed.test(raw.charAt(i))) {
        clean.setCharAt(i, '_');
      }
    }
    return clean.toString();
  }

  /** Says whether a character may stay. */
  private interface Allowed {
    boolean test(char c);
  }
}
