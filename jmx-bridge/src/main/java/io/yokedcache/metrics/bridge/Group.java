package io.yokedcache.metrics.bridge;

import static java.util.Objects.requireNonNull;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One group of settings, read key by key. What is wrong becomes a problem, and the default is read
 * instead, so that reading goes on. Texts are converted, since properties have nothing else.
 */
final class Group {

  private final ConfigObject given;
  private final ConfigObject defaults;
  private final String path;
  private final Problems problems;

  /** Creates a group; keys that the defaults lack are problems at once. */
  Group(ConfigObject given, ConfigObject defaults, String path, Problems problems) {
    this.given = given;
    this.defaults = defaults;
    this.path = path;
    this.problems = problems;
    given.forEach(
        (key, value) -> {
          if (!defaults.containsKey(key)) {
            problems.add(value.origin(), path + "." + key + " is not a setting; " + hint(key));
          }
        });
  }

  private String hint(String key) {
    String meant = Resemblance.closest(key, defaults.keySet());
    return meant == null
        ? "known here: " + String.join(", ", new TreeSet<>(defaults.keySet()))
        : "did you mean " + meant + "?";
  }

  Group child(String key) {
    return new Group(object(key), (ConfigObject) defaultOf(key), path + "." + key, problems);
  }

  /** A group whose keys the user chooses. */
  ConfigObject object(String key) {
    ConfigValue value = value(key);
    if (value instanceof ConfigObject object) {
      return object;
    }
    problems.add(value.origin(), path + "." + key + " must be a group: " + key + " { ... }");
    return (ConfigObject) defaultOf(key);
  }

  /** Texts by names that the user chooses. */
  Map<String, String> texts(String key, Pattern name, String expected) {
    Map<String, String> texts = new TreeMap<>();
    object(key)
        .forEach(
            (entry, value) -> {
              String at = path + "." + key + "." + entry;
              if (!name.matcher(entry).matches()) {
                problems.add(value.origin(), at + " has a name that is not " + expected);
              } else if (isScalar(value)) {
                texts.put(entry, text(value));
              } else {
                problems.add(value.origin(), at + " must be a text");
              }
            });
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
    return required(
        key,
        text -> {
          // Without a unit HOCON takes milliseconds, where most people would mean seconds.
          Duration duration =
              Character.isLetter(text.isEmpty() ? '0' : text.charAt(text.length() - 1))
                  ? ConfigValueFactory.fromAnyRef(text).atKey("it").getDuration("it")
                  : Duration.ofSeconds(-1);
          return duration.compareTo(least) < 0 || duration.compareTo(most) > 0 ? null : duration;
        },
        "a duration with its unit from " + shown(least) + " to " + shown(most) + ", such as 10s");
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

  /** A text that no message repeats. */
  @Nullable Secret secret(String key) {
    ConfigValue value = value(key);
    if (value.valueType() == ConfigValueType.NULL) {
      return null;
    }
    if (!isScalar(value)) {
      complain(key, "must be a text in double quotes");
      return null;
    }
    String text = text(value);
    return text.isEmpty() ? null : new Secret(text);
  }

  /** Positive numbers in ascending order: a list, or a text with commas; empty if null. */
  List<Double> ascending(String key) {
    ConfigValue value = value(key);
    if (value.valueType() == ConfigValueType.NULL) {
      return List.of();
    }
    try {
      List<Double> numbers =
          (value instanceof ConfigList list
                  ? list.stream().map(Group::text)
                  : Arrays.stream(text(value).split(",", /* limit= */ -1)))
              .map(text -> Double.valueOf(text.strip()))
              .toList();
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

  /** Adds a problem with a key of this group. */
  void complain(String key, String what) {
    problems.add(value(key).origin(), path + "." + key + " " + what);
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
}
