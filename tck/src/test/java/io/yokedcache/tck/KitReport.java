package io.yokedcache.tck;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * What one run of the kit left behind in Surefire's report directory.
 *
 * @param tests names of the tests that ran, as {@code class#method}, one for each run
 * @param failures how many failed, those included that passed when they were run again
 * @param errors how many ended with an unexpected exception
 * @param skipped how many JUnit skipped
 * @param excluded names of the tests the kit left out by itself: it reports those as passed and
 *     only its log tells, so {@code tests} has them too
 */
record KitReport(List<String> tests, int failures, int errors, int skipped, List<String> excluded) {

  private static final Pattern EXCLUSION =
      Pattern.compile("===== EXCLUDING TEST '([^']*)'\\s+'([^']*)'");

  /** Copies the lists. */
  KitReport {
    tests = List.copyOf(tests);
    excluded = List.copyOf(excluded);
  }

  /**
   * Returns what the XML reports and the redirected output in {@code directory} say.
   *
   * @throws NotDirectoryException if the kit did not run, and so left no directory
   * @throws IOException if a report cannot be read or is no XML
   */
  static KitReport read(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      throw new NotDirectoryException(directory + ": the kit did not run, or reported elsewhere");
    }
    List<String> tests = new ArrayList<>();
    int failures = 0;
    int errors = 0;
    int skipped = 0;
    for (Path file : list(directory, "TEST-.*\\.xml")) {
      Document document = parse(file);
      NodeList cases = document.getElementsByTagName("testcase");
      for (int i = 0; i < cases.getLength(); i++) {
        Element testCase = (Element) cases.item(i);
        tests.add(testCase.getAttribute("classname") + "#" + testCase.getAttribute("name"));
      }
      failures += count(document, "failure", "rerunFailure", "flakyFailure");
      errors += count(document, "error", "rerunError", "flakyError");
      skipped += count(document, "skipped");
    }
    return new KitReport(tests, failures, errors, skipped, exclusions(directory));
  }

  /**
   * Returns the values that a system property had in the JVMs of a run; empty where it was not set.
   *
   * @throws IOException if a report cannot be read or is no XML
   */
  static Set<String> systemProperty(Path directory, String name) throws IOException {
    Set<String> values = new HashSet<>();
    for (Path file : list(directory, "TEST-.*\\.xml")) {
      NodeList properties = parse(file).getElementsByTagName("property");
      String value = "";
      for (int i = 0; i < properties.getLength(); i++) {
        Element property = (Element) properties.item(i);
        if (property.getAttribute("name").equals(name)) {
          value = property.getAttribute("value");
        }
      }
      values.add(value);
    }
    return values;
  }

  /** Returns the line for the build's log. */
  String summary(String title) {
    return "%s: tests=%d failures=%d errors=%d excluded=%d"
        .formatted(title, tests.size(), failures, errors, excluded.size());
  }

  private static List<String> exclusions(Path directory) throws IOException {
    List<String> excluded = new ArrayList<>();
    for (Path file : list(directory, ".*-output\\.txt")) {
      // A test may print anything, so an undecodable byte must not end the count.
      String output = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
      Matcher matcher = EXCLUSION.matcher(output);
      while (matcher.find()) {
        excluded.add(matcher.group(1) + "#" + matcher.group(2));
      }
    }
    return excluded;
  }

  private static List<Path> list(Path directory, String namePattern) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> String.valueOf(file.getFileName()).matches(namePattern))
          .sorted()
          .toList();
    }
  }

  private static int count(Document document, String... tags) {
    int count = 0;
    for (String tag : tags) {
      count += document.getElementsByTagName(tag).getLength();
    }
    return count;
  }

  private static Document parse(Path file) throws IOException {
    try {
      DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
      factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
      return factory.newDocumentBuilder().parse(file.toFile());
    } catch (ParserConfigurationException | SAXException e) {
      throw new IOException(
          file + " is no XML report of Surefire; run the build again: " + e.getMessage(), e);
    }
  }
}
