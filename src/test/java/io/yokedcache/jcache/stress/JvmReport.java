package io.yokedcache.jcache.stress;

import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The numbers that a JVM prints for the test that started it, among the lines of its log. */
final class JvmReport {

  private JvmReport() {}

  /** Returns the text to print for {@link #numbers}. */
  static String line(String mark, long... numbers) {
    return mark
        + Arrays.stream(numbers).mapToObj(number -> " " + number).collect(Collectors.joining())
        + ";";
  }

  /**
   * Returns the numbers of the one report with a mark in the output of a JVM.
   *
   * @throws IllegalArgumentException if there is none or more than one
   */
  static long[] numbers(String mark, String output) {
    // Another thread may have begun a line of the log, so it need not be the beginning of a line.
    List<MatchResult> reports =
        Pattern.compile(Pattern.quote(mark) + "((?: -?\\d+)+);").matcher(output).results().toList();
    if (reports.size() != 1) {
      throw new IllegalArgumentException(reports.size() + " reports instead of one in:\n" + output);
    }
    return Arrays.stream(reports.get(0).group(1).strip().split(" ", -1))
        .mapToLong(Long::parseLong)
        .toArray();
  }
}
