package io.yokedcache.examples.metrics;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A page of metrics in Prometheus' text format.
 *
 * @param text the page
 * @param types the families' types by name
 * @param samples the values by series, as the page writes those: {@code name{label="value"}}
 */
record Scrape(String text, Map<String, String> types, Map<String, Double> samples) {

  private static final Pattern TYPE = Pattern.compile("# TYPE (\\S+) (\\S+)");
  private static final Pattern SAMPLE = Pattern.compile("([^#{ ]+(?:\\{.*\\})?) (\\S+)");

  /** Parses a page; a series that comes twice is an error. */
  static Scrape parse(String text) {
    Map<String, String> types = new LinkedHashMap<>();
    Map<String, Double> samples = new LinkedHashMap<>();
    for (String line : text.lines().toList()) {
      Matcher type = TYPE.matcher(line);
      Matcher sample = SAMPLE.matcher(line);
      if (type.matches()) {
        types.put(type.group(1), type.group(2));
      } else if (sample.matches()) {
        if (samples.put(sample.group(1), Double.valueOf(sample.group(2))) != null) {
          throw new IllegalArgumentException("Twice on the page: " + sample.group(1));
        }
      } else if (!line.startsWith("# HELP ")) {
        throw new IllegalArgumentException("Not of the text format: " + line);
      }
    }
    return new Scrape(text, types, samples);
  }

  /** Returns the value of a series; NaN if the page does not have it. */
  double value(String series) {
    return samples.getOrDefault(series, Double.NaN);
  }
}
