package io.yokedcache.metrics.statsd;

import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One line of the protocol, read strictly: whatever is not exactly as it should be fails. */
record StatsLine(String name, double value, String type, double rate, Map<String, String> tags) {

  private static final Pattern LINE =
      Pattern.compile(
          "(?<name>[A-Za-z0-9_.-]+):(?<value>-?[0-9]+(\\.[0-9]+)?)\\|(?<type>c|g|ms|h)"
              + "(\\|@(?<rate>0\\.[0-9]+))?(\\|#(?<tags>[^|#@\\s]+))?");

  static StatsLine parse(String line) {
    Matcher matcher = LINE.matcher(line);
    if (!matcher.matches()) {
      throw new AssertionError("Not a line of StatsD: " + line);
    }
    String rate = matcher.group("rate");
    Map<String, String> tags = new TreeMap<>();
    String tagText = matcher.group("tags");
    if (tagText != null) {
      for (String tag : tagText.split(",", -1)) {
        String[] parts = tag.split(":", -1);
        if (parts.length != 2 || tags.put(parts[0], parts[1]) != null) {
          throw new AssertionError("Not a tag: " + tag + " in " + line);
        }
      }
    }
    return new StatsLine(
        matcher.group("name"),
        Double.parseDouble(matcher.group("value")),
        matcher.group("type"),
        rate == null ? 1 : Double.parseDouble(rate),
        tags);
  }

  /** How many events a daemon takes this for. */
  double weight() {
    return 1 / rate;
  }
}
