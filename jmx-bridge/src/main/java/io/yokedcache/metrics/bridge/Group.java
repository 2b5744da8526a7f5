package io.yokedcache.metrics.bridge;

import static java.util.Objects.requireNonNull;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One group of settings, read key by key. A wrong value becomes a problem, and the default is read
 * instead, so that reading goes on. Texts are converted, since properties have nothing else.
 */
final class Group {

  private static final String FILE = "-file";

  private final ConfigObject given;
  private final ConfigObject defaults;
  private final String path;
  private final Problems problems;
  private final Map<String, String> environment;

  /**
   * Creates the outermost group. Keys that the defaults lack are problems at once.
   *
   * @param environment variables, some of which go before values
   */
  Group(ConfigObject given, ConfigObject defaults, String path, Map<String, String> environment) {
    this(given, defaults, path, new Problems(), environment);
  }

  private Group(
      ConfigObject given,
      ConfigObject defaults,
      String path,
      Problems problems,
      Map<String, String> environment) {
    this.given = given;
    this.defaults = defaults;
    this.path = path;
    this.problems = problems;
    this.environment = environment;
    given.forEach(
        (key, value) -> {
          if (!defaults.containsKey(key)) {
            problems.add(value.origin(), path + "." + key + " is not a setting; " + hint(key));
          }
        });
  }

  private String hint(String key) {
    String meant = closest(key, defaults.keySet());
    return meant == null
        ? "known here: " + String.join(", ", new TreeSet<>(defaults.keySet()))
        : "did you mean " + meant + "?";
  }

  Group child(String key) {
    return inner(key, object(key), (ConfigObject) defaultOf(key));
  }

  private Group inner(String key, ConfigObject contents, ConfigObject its) {
    return new Group(contents, its, path + "." + key, problems, environment);
  }

  /** Groups by names that the user chooses, each with the same keys. */
  <T> Map<String, T> children(String key, ConfigObject its, Function<Group, T> reading) {
    Map<String, T> children = new TreeMap<>();
    object(key)
        .forEach(
            (name, value) -> {
              if (value instanceof ConfigObject contents) {
                children.put(name, reading.apply(inner(key + "." + name, contents, its)));
              } else {
                problems.add(
                    value.origin(),
                    path + "." + key + "." + name + " must be a group: " + name + " { ... }");
              }
            });
    return children;
  }

  /** Whether somebody wrote the key, even if with its default. */
  boolean isWritten(String key) {
    ConfigValue value = given.get(key);
    return value != null
        && !(value.equals(defaults.get(key))
            && value.origin().description().startsWith(MetricsFile.REFERENCE + " @"));
  }

  boolean isWritten() {
    return given.keySet().stream().anyMatch(this::isWritten);
  }

  private ConfigObject object(String key) {
    ConfigValue value = value(key);
    if (value instanceof ConfigObject object) {
      return object;
    }
    problems.add(value.origin(), path + "." + key + " must be a group: " + key + " { ... }");
    return (ConfigObject) defaultOf(key);
  }

  /** Texts by names that the user chooses; HOCON takes their dots for groups in groups. */
  Map<String, String> texts(String key, Pattern name, String expected) {
    Map<String, String> texts = new TreeMap<>();
    for (Map.Entry<String, ConfigValue> entry : object(key).toConfig().entrySet()) {
      String flat = String.join(".", ConfigUtil.splitPath(entry.getKey()));
      String at = path + "." + key + "." + flat;
      if (!name.matcher(flat).matches()) {
        problems.add(entry.getValue().origin(), at + " has a name that is not " + expected);
      } else if (isScalar(entry.getValue())) {
        texts.put(flat, text(entry.getValue()));
      } else {
        problems.add(entry.getValue().origin(), at + " must be a text");
      }
    }
    return Map.copyOf(texts);
  }

  boolean flag(String key) {
    return required(
        key,
        text ->
            switch (text.toLowerCase(Locale.ROOT)) {
              case "true", "yes", "on" -> Boolean.TRUE;
              case "false", "no", "off" -> Boolean.FALSE;
              default -> null;
            },
        "true or false");
  }

  int integer(String key, int least, int most) {
    return required(
        key,
        text -> {
          int number = Integer.parseInt(text);
          return number < least || number > most ? null : number;
        },
        "a whole number from " + least + " to " + most);
  }

  double share(String key) {
    return required(
        key,
        text -> {
          double share = Double.parseDouble(text);
          return share > 0 && share <= 1 ? share : null;
        },
        "a number above 0 and up to 1");
  }

  Duration duration(String key, Duration least, Duration most) {
    return required(key, toDuration(least, most), between(least, most));
  }

  @Nullable Duration optionalDuration(String key, Duration least, Duration most) {
    return optional(key, toDuration(least, most), between(least, most));
  }

  private static Function<String, @Nullable Duration> toDuration(Duration least, Duration most) {
    return text -> {
      // Without a unit HOCON takes milliseconds, where most people would mean seconds.
      Duration duration =
          Character.isLetter(text.isEmpty() ? '0' : text.charAt(text.length() - 1))
              ? ConfigValueFactory.fromAnyRef(text).atKey("it").getDuration("it")
              : Duration.ofSeconds(-1);
      return duration.compareTo(least) < 0 || duration.compareTo(most) > 0 ? null : duration;
    };
  }

  private static String between(Duration least, Duration most) {
    return "a duration with its unit from " + shown(least) + " to " + shown(most) + ", such as 10s";
  }

  private static String shown(Duration duration) {
    long millis = duration.toMillis();
    if (millis % 86_400_000 == 0) {
      return millis / 86_400_000 + "d";
    }
    if (millis % 3_600_000 == 0) {
      return millis / 3_600_000 + "h";
    }
    return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
  }

  <E extends Enum<E>> E choice(String key, Class<E> type) {
    Map<String, E> choices = new LinkedHashMap<>();
    for (E constant : type.getEnumConstants()) {
      choices.put(constant.name().toLowerCase(Locale.ROOT), constant);
    }
    return required(
        key,
        text -> choices.get(text.toLowerCase(Locale.ROOT)),
        "one of " + String.join(", ", choices.keySet()));
  }

  /** One of some words, in lower case; absent if it is null. */
  @Nullable String optionalChoice(String key, List<String> choices) {
    return optional(
        key,
        text ->
            choices.contains(text.toLowerCase(Locale.ROOT)) ? text.toLowerCase(Locale.ROOT) : null,
        "one of " + String.join(", ", choices));
  }

  String text(String key, Pattern form, String expected) {
    return required(key, text -> form.matcher(text).matches() ? text : null, expected);
  }

  /** A text; absent if it is null or empty, as variables are that are not set. */
  @Nullable String optionalText(String key) {
    String text = optional(key, Function.identity(), "a text");
    return text == null || text.isEmpty() ? null : text;
  }

  @Nullable Long optionalNumber(String key, long least) {
    return optional(
        key,
        text -> {
          long number = Long.parseLong(text);
          return number < least ? null : number;
        },
        "a whole number of at least " + least);
  }

  @Nullable Path optionalPath(String key) {
    return optional(key, text -> text.isBlank() ? null : Path.of(text), "the path of a file");
  }

  /** The path of a file that is there. */
  @Nullable Path readableFile(String key) {
    Path file = optionalPath(key);
    if (file != null && !Files.isReadable(file)) {
      complain(key, "names " + file.toAbsolutePath() + ", which is not a readable file");
    }
    return file;
  }

  /** A text that no message repeats, from a variable if that is set. */
  @Nullable Secret secret(String key, String variable) {
    Secret written = secret(key);
    Secret set = variable(variable);
    return set == null ? written : set;
  }

  /** The value of an environment variable; absent if it is not set or empty. */
  @Nullable Secret variable(String name) {
    String value = environment.get(name);
    return value == null || value.isEmpty() ? null : new Secret(value);
  }

  /** A text that no message repeats; or, of a key with {@code -file}, the first line there. */
  @Nullable Secret secret(String key) {
    ConfigValue value = value(key);
    Path file = defaults.containsKey(key + FILE) ? optionalPath(key + FILE) : null;
    if (!isScalar(value) && value.valueType() != ConfigValueType.NULL) {
      complain(key, "must be a text in double quotes");
      return null;
    }
    String text = value.valueType() == ConfigValueType.NULL ? "" : text(value);
    if (file != null && !text.isEmpty()) {
      complain(key + FILE, "is set together with " + key + ": keep one of them");
    }
    if (file != null) {
      text = firstLine(key + FILE, file);
    }
    return text.isEmpty() ? null : new Secret(text);
  }

  private String firstLine(String key, Path file) {
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      String line = lines.readLine();
      if (line != null && !line.isEmpty()) {
        return line;
      }
      complain(key, "names " + file.toAbsolutePath() + ", whose first line is empty");
    } catch (IOException e) {
      complain(key, "names " + file.toAbsolutePath() + ", which cannot be read as UTF-8 text");
    }
    // Only so that nothing else is complained of, since the settings are refused.
    return "unknown";
  }

  /** Texts of one form: a list, or a text with commas; empty if null. */
  List<String> list(String key, Pattern form, String expected) {
    ConfigValue value = value(key);
    if (value.valueType() == ConfigValueType.NULL) {
      return List.of();
    }
    List<String> texts = List.of();
    try {
      texts = elements(value).filter(text -> !text.isEmpty()).toList();
    } catch (ConfigException noText) {
      complain(key, "must be a list of texts, each " + expected);
    }
    for (String text : texts) {
      if (!form.matcher(text).matches()) {
        complain(key, "has \"" + text + "\", but each must be " + expected);
      }
    }
    return texts;
  }

  /** Positive numbers in ascending order: a list, or a text with commas; empty if null. */
  List<Double> ascending(String key) {
    ConfigValue value = value(key);
    if (value.valueType() == ConfigValueType.NULL) {
      return List.of();
    }
    try {
      List<Double> numbers = elements(value).map(Double::valueOf).toList();
      double last = 0;
      for (double number : numbers) {
        if (!(number > last) || Double.isInfinite(number)) {
          throw new NumberFormatException("not ascending");
        }
        last = number;
      }
      return numbers;
    } catch (NumberFormatException | ConfigException e) {
      complain(key, "must be a list of positive numbers in ascending order: [0.001, 0.01, 0.1]");
      return List.of();
    }
  }

  private static Stream<String> elements(ConfigValue value) {
    Stream<String> texts =
        value instanceof ConfigList list
            ? list.stream().map(Group::text)
            : Arrays.stream(text(value).split(",", /* limit= */ -1));
    return texts.map(String::strip);
  }

  /** Adds a problem with a key of this group. */
  void complain(String key, String what) {
    ConfigValue written = given.getOrDefault(key, given); // a key that is missing is in its group
    problems.add(written.origin(), path + "." + key + " " + what);
  }

  void complainIf(boolean isWrong, String key, String what) {
    if (isWrong) {
      complain(key, what);
    }
  }

  /** Adds a warning; the settings stay in effect. */
  void warn(String key, String what) {
    ConfigValue value = value(key);
    problems.warnings.add(value.origin().description() + ": " + path + "." + key + " " + what);
  }

  /** Throws if anything of this group or of those around it was wrong; else returns warnings. */
  List<String> finish() {
    problems.throwIfAny();
    return List.copyOf(problems.warnings);
  }

  private <T> T required(String key, Function<String, @Nullable T> conversion, String expected) {
    T converted = optional(key, conversion, expected);
    if (converted != null) {
      return converted;
    }
    if (value(key).valueType() == ConfigValueType.NULL) {
      complain(key, "is null, but must be " + expected);
    }
    return requireNonNull(conversion.apply(text(defaultOf(key))), path + "." + key);
  }

  private <T> @Nullable T optional(
      String key, Function<String, @Nullable T> conversion, String expected) {
    ConfigValue value = value(key);
    if (value.valueType() == ConfigValueType.NULL) {
      return null;
    }
    if (!isScalar(value)) {
      complain(key, "must be " + expected);
      return null;
    }
    T converted = null;
    try {
      converted = conversion.apply(text(value).strip());
    } catch (NumberFormatException | ConfigException | InvalidPathException notOfThatForm) {
      // Stays null.
    }
    if (converted == null) {
      complain(key, "is \"" + text(value) + "\", but must be " + expected);
    }
    return converted;
  }

  private ConfigValue value(String key) {
    ConfigValue value = given.get(key);
    return value == null ? defaultOf(key) : value;
  }

  private ConfigValue defaultOf(String key) {
    return requireNonNull(defaults.get(key), () -> path + "." + key + " has no default");
  }

  private static boolean isScalar(ConfigValue value) {
    return switch (value.valueType()) {
      case BOOLEAN, NUMBER, STRING -> true;
      case LIST, NULL, OBJECT -> false;
    };
  }

  /** The text as it was written: a password of digits keeps its leading zeros. */
  private static String text(ConfigValue value) {
    return value.atKey("it").getString("it");
  }

  /** The candidate with the fewest differences, if they are few; case and hyphens are none. */
  private static @Nullable String closest(String name, Set<String> candidates) {
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

  /** Collects errors, to report all of them at once. */
  private static final class Problems {

    private record Problem(String file, int line, String text) {}

    private final List<Problem> found = new ArrayList<>();
    private final List<String> warnings = new ArrayList<>();

    void add(ConfigOrigin origin, String what) {
      String place = origin.description();
      String file = origin.lineNumber() > 0 ? place.replaceFirst(": [0-9-]+$", "") : place;
      found.add(new Problem(file, origin.lineNumber(), place + ": " + what));
    }

    void throwIfAny() {
      if (found.isEmpty()) {
        return;
      }
      List<String> lines =
          found.stream()
              .sorted(
                  Comparator.comparing(Problem::file)
                      .thenComparing(Problem::line)
                      .thenComparing(Problem::text))
              .map(Problem::text)
              .distinct()
              .toList();
      throw new MetricsConfigurationException(
          lines.size() == 1
              ? "The settings of the metrics are wrong: " + lines.get(0)
              : "The settings of the metrics have "
                  + lines.size()
                  + " problems:\n  - "
                  + String.join("\n  - ", lines));
    }
  }
}
