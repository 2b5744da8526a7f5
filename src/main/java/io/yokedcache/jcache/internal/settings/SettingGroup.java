package io.yokedcache.jcache.internal.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One group of settings, read value by value. A wrong value is added to the errors, and the default
 * is returned in its place so that reading goes on and finds the other errors too.
 */
final class SettingGroup {

  /**
   * Converts the text of a value; returns null if the text is invalid, or throws one of the
   * exceptions that {@link #converted} catches.
   */
  private interface Conversion<T> {
    @Nullable T of(String text);
  }

  private static final String RATIO = "a number above 0 and up to 1";

  private final Config given;
  private final Config reference;
  private final String path;
  private final ConfigErrors errors;

  /**
   * Creates a group that has every key.
   *
   * @param given the values
   * @param reference the defaults, which are valid
   * @param path the path of the group in messages, such as {@code yokedcache.events}
   */
  SettingGroup(Config given, Config reference, String path, ConfigErrors errors) {
    this.given = given;
    this.reference = reference;
    this.path = path;
    this.errors = errors;
  }

  SettingGroup child(String key) {
    return new SettingGroup(
        given.getConfig(ConfigUtil.quoteString(key)),
        reference.getConfig(ConfigUtil.quoteString(key)),
        path + "." + key,
        errors);
  }

  Duration duration(String key, Duration least, Duration most) {
    return required(key, durationConversion(least, most), between(least, most));
  }

  @Nullable Duration optionalDuration(String key, Duration least) {
    return optional(
        key,
        durationConversion(least, Duration.ofMillis(Long.MAX_VALUE)),
        "a duration with its unit of at least " + text(least) + ", such as 90s, 10m or 1d");
  }

  int integer(String key, int least, int most) {
    return required(
        key, text -> toInteger(text, least, most), "a whole number from " + least + " to " + most);
  }

  /** A number, or the word auto for a number that depends on other settings. */
  int integerOrAuto(String key, int least, int most, int automatic) {
    return required(
        key,
        text ->
            text.strip().equalsIgnoreCase("auto")
                ? Integer.valueOf(automatic)
                : toInteger(text, least, most),
        "a whole number from " + least + " to " + most + ", or auto");
  }

  long number(String key, long least) {
    return required(
        key,
        text -> atLeast(least, Long.parseLong(text.strip())),
        "a whole number of at least " + least);
  }

  long bytes(String key, long least) {
    return required(key, bytesConversion(least), bytesFrom(least));
  }

  @Nullable Long optionalBytes(String key, long least) {
    return optional(key, bytesConversion(least), bytesFrom(least));
  }

  /** A number above 0 and up to 1. */
  double ratio(String key) {
    return required(key, SettingGroup::toRatio, RATIO);
  }

  /** A number above 0 and up to 1, or {@code null}. */
  @Nullable Double optionalRatio(String key) {
    return optional(key, SettingGroup::toRatio, RATIO);
  }

  boolean flag(String key) {
    return required(key, SettingGroup::toFlag, "true or false");
  }

  @Nullable Boolean optionalFlag(String key) {
    return optional(key, SettingGroup::toFlag, "true, false or null");
  }

  /** A constant of an enum, written in lower case and with hyphens. */
  <E extends Enum<E>> E constant(String key, Class<E> type) {
    Map<String, E> constants = new LinkedHashMap<>();
    for (E constant : type.getEnumConstants()) {
      constants.put(constant.name().toLowerCase(Locale.ROOT).replace('_', '-'), constant);
    }
    return required(key, constants::get, String.join(" or ", constants.keySet()));
  }

  String text(String key, Pattern form, String expected) {
    return required(key, text -> form.matcher(text).matches() ? text : null, expected);
  }

  @Nullable String optionalText(String key, Pattern form, String expected) {
    return optional(key, text -> form.matcher(text).matches() ? text : null, expected);
  }

  @Nullable Path optionalPath(String key) {
    return optional(key, text -> text.isBlank() ? null : Path.of(text), "the path of a file");
  }

  /** A value that no message repeats. An empty text, as of an unset variable, means none. */
  @Nullable String secret(String key) {
    ConfigValue value = value(key);
    if (value.valueType() == ConfigValueType.NULL) {
      return null;
    }
    if (isGroupOrList(value)) {
      errors.add(value.origin(), path + "." + key + " must be a text in double quotes");
      return null;
    }
    String text = scalar(given, key);
    return text.isEmpty() ? null : text;
  }

  /** A list of texts, which a property may also give as one text with commas. */
  List<String> texts(String key, Predicate<String> form, String expected) {
    ConfigValue value = value(key);
    List<String> texts = new ArrayList<>();
    if (value.valueType() == ConfigValueType.LIST) {
      given.getList(quoted(key)).forEach(item -> texts.add(String.valueOf(item.unwrapped())));
    } else if (value.valueType() == ConfigValueType.STRING) {
      for (String item : given.getString(quoted(key)).split(",", /* limit= */ -1)) {
        texts.add(item.strip());
      }
      texts.removeIf(String::isEmpty);
    } else {
      reject(value, key, "a list of " + expected);
    }
    for (String text : texts) {
      if (!form.test(text)) {
        errors.add(
            value.origin(), path + "." + key + " has \"" + text + "\", but needs " + expected);
      }
    }
    return texts;
  }

  /** Adds an error about a value that is valid by itself. */
  void complain(String key, String what) {
    errors.add(value(key).origin(), path + "." + key + " " + what);
  }

  private <T> T required(String key, Conversion<T> conversion, String expected) {
    T converted = optional(key, conversion, expected);
    if (converted != null) {
      return converted;
    }
    if (value(key).valueType() == ConfigValueType.NULL) {
      reject(value(key), key, expected);
    }
    return Objects.requireNonNull(
        conversion.of(scalar(reference, key)), "default of " + path + "." + key);
  }

  private <T> @Nullable T optional(String key, Conversion<T> conversion, String expected) {
    ConfigValue value = value(key);
    if (value.valueType() == ConfigValueType.NULL) {
      return null;
    }
    T converted = isGroupOrList(value) ? null : converted(conversion, scalar(given, key));
    if (converted == null) {
      reject(value, key, expected);
    }
    return converted;
  }

  private static <T> @Nullable T converted(Conversion<T> conversion, String text) {
    try {
      return conversion.of(text);
    } catch (NumberFormatException | InvalidPathException | ConfigException otherForm) {
      return null;
    }
  }

  private void reject(ConfigValue value, String key, String expected) {
    String found =
        switch (value.valueType()) {
          case OBJECT -> "a group";
          case LIST -> "a list";
          case NULL -> "null";
          case BOOLEAN, NUMBER, STRING -> "\"" + scalar(given, key) + "\"";
        };
    errors.add(value.origin(), path + "." + key + " is " + found + ", but must be " + expected);
  }

  private ConfigValue value(String key) {
    return Objects.requireNonNull(given.root().get(key), () -> path + "." + key + " is missing");
  }

  private static boolean isGroupOrList(ConfigValue value) {
    return value.valueType() == ConfigValueType.OBJECT || value.valueType() == ConfigValueType.LIST;
  }

  /** The text as it was written: a password of digits keeps its leading zeros. */
  private static String scalar(Config config, String key) {
    return config.getString(quoted(key));
  }

  private static String quoted(String key) {
    return ConfigUtil.quoteString(key);
  }

  private static @Nullable Boolean toFlag(String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "true", "yes", "on" -> Boolean.TRUE;
      case "false", "no", "off" -> Boolean.FALSE;
      default -> null;
    };
  }

  private static @Nullable Double toRatio(String text) {
    double ratio = Double.parseDouble(text);
    return ratio > 0 && ratio <= 1 ? ratio : null;
  }

  private static Conversion<Long> bytesConversion(long least) {
    return text ->
        atLeast(least, ConfigValueFactory.fromAnyRef(text).atKey("size").getBytes("size"));
  }

  private static String bytesFrom(long least) {
    return "a number of bytes of at least " + least + ", such as 65536, 64 KiB or 64 MiB";
  }

  private static @Nullable Integer toInteger(String text, int least, int most) {
    int number = Integer.parseInt(text.strip());
    return number < least || number > most ? null : number;
  }

  private static @Nullable Long atLeast(long least, long number) {
    return number < least ? null : number;
  }

  private static Conversion<Duration> durationConversion(Duration least, Duration most) {
    return text -> {
      // HOCON reads a number without a unit as milliseconds; readers may expect seconds.
      if (text.strip().matches("[-+0-9.]*")) {
        return null;
      }
      Duration duration = ConfigValueFactory.fromAnyRef(text).atKey("time").getDuration("time");
      return duration.compareTo(least) < 0 || duration.compareTo(most) > 0 ? null : duration;
    };
  }

  private static String between(Duration least, Duration most) {
    return "a duration with its unit from "
        + text(least)
        + " to "
        + text(most)
        + ", such as 500ms or 2s";
  }

  private static String text(Duration duration) {
    long millis = duration.toMillis();
    if (millis % 86_400_000 == 0 && millis > 0) {
      return millis / 86_400_000 + "d";
    }
    if (millis % 3_600_000 == 0 && millis > 0) {
      return millis / 3_600_000 + "h";
    }
    return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
  }
}
