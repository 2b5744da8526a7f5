package io.yokedcache.examples.metrics;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Just enough JSON to send metrics. */
final class JsonText {

  private JsonText() {}

  /** Writes a string with its quotes. */
  static String quoted(String text) {
    StringBuilder json = new StringBuilder(text.length() + 2).append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < ' ' || Character.isSurrogate(c) || c == '\u2028' || c == '\u2029') {
        // Surrogates too: a lone one cannot be written as UTF-8.
        json.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      } else {
        json.append(c);
      }
    }
    return json.append('"').toString();
  }

  /** Writes an object of strings, sorted by name. */
  static String object(Map<String, String> members) {
    StringBuilder json = new StringBuilder("{");
    new TreeMap<>(members)
        .forEach(
            (name, value) -> {
              if (json.length() > 1) {
                json.append(',');
              }
              json.append(quoted(name)).append(':').append(quoted(value));
            });
    return json.append('}').toString();
  }
}
