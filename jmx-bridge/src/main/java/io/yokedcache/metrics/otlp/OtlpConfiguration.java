package io.yokedcache.metrics.otlp;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.opentelemetry.common.ComponentLoader;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigProperties;
import java.net.URLDecoder;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * OpenTelemetry's properties, by their names such as {@code otel.exporter.otlp.endpoint}: the
 * settings of the bridge go before system properties, and those before environment variables. Empty
 * values count as absent, as OpenTelemetry's specification wants it.
 *
 * <p>OpenTelemetry's autoconfiguration does the same for a whole SDK, but also runs what it finds
 * on the class path of the application, and refuses to start where a configuration file is named.
 */
record OtlpConfiguration(
    Map<String, String> settings, Properties properties, Map<String, String> environment)
    implements ConfigProperties {

  private static final String METRICS = "otel.exporter.otlp.metrics.";
  private static final String JDK_SENDER = "io.opentelemetry.exporter.sender.jdk.";
  private static final String CHOSEN_SENDER =
      "io.opentelemetry.sdk.common.export.HttpSenderProvider";
  private static final Pattern BARE = Pattern.compile("^([^/]*//[^/]*)/?$");
  private static final Pattern DURATION = Pattern.compile("(\\d{1,15})\\s*(ns|us|ms|s|m|h|d|)");

  /** A copy in which a receiver's URL of the settings has the usual path, if it has none. */
  static OtlpConfiguration of(
      Map<String, String> settings, Properties properties, Map<String, String> environment) {
    Map<String, String> all = new HashMap<>(settings);
    OtlpConfiguration configuration = new OtlpConfiguration(all, properties, environment);
    all.computeIfPresent(
        METRICS + "endpoint",
        (key, url) ->
            configuration.isHttp() ? BARE.matcher(url).replaceFirst("$1/v1/metrics") : url);
    return configuration;
  }

  private boolean isHttp() {
    String protocol = getString(METRICS + "protocol");
    return "http/protobuf"
        .equals(protocol == null ? getString("otel.exporter.otlp.protocol") : protocol);
  }

  @Override
  public @Nullable String getString(String name) {
    String value = settings.get(name);
    if (isAbsent(value)) {
      value = properties.getProperty(name);
    }
    if (isAbsent(value)) {
      value = environment.get(variable(name));
    }
    return isAbsent(value) ? null : value;
  }

  /**
   * Where the exporter finds its parts. Of several senders it would take any, with a warning. The
   * sender that uses the JDK's HTTP client goes first, because its threads end with it.
   */
  @Override
  public ComponentLoader getComponentLoader() {
    ComponentLoader all = ComponentLoader.forClassLoader(OtlpConfiguration.class.getClassLoader());
    return getString(CHOSEN_SENDER) == null ? new JdkSenderFirst(all) : all;
  }

  private record JdkSenderFirst(ComponentLoader all) implements ComponentLoader {
    @Override
    public <T> Iterable<T> load(Class<T> type) {
      List<T> found = ComponentLoader.loadList(all, type);
      List<T> ofJdk =
          found.stream().filter(part -> part.getClass().getName().startsWith(JDK_SENDER)).toList();
      return ofJdk.isEmpty() ? found : ofJdk;
    }
  }

  private static boolean isAbsent(@Nullable String value) {
    return value == null || value.isBlank();
  }

  private static String variable(String name) {
    return name.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  @Override
  public @Nullable Boolean getBoolean(String name) {
    return converted(name, text -> Boolean.valueOf(text.strip()), "true or false");
  }

  @Override
  public @Nullable Integer getInt(String name) {
    return converted(name, text -> Integer.valueOf(text.strip()), "a whole number");
  }

  @Override
  public @Nullable Long getLong(String name) {
    return converted(name, text -> Long.valueOf(text.strip()), "a whole number");
  }

  @Override
  public @Nullable Double getDouble(String name) {
    return converted(name, text -> Double.valueOf(text.strip()), "a number");
  }

  @Override
  public @Nullable Duration getDuration(String name) {
    return converted(name, OtlpConfiguration::duration, "milliseconds, or a number with its unit");
  }

  private static @Nullable Duration duration(String text) {
    Matcher duration = DURATION.matcher(text.strip());
    if (!duration.matches()) {
      return null;
    }
    long number = Long.parseLong(duration.group(1));
    return switch (duration.group(2)) {
      case "ns" -> Duration.ofNanos(number);
      case "us" -> Duration.ofNanos(Math.multiplyExact(number, 1000));
      case "s" -> Duration.ofSeconds(number);
      case "m" -> Duration.ofMinutes(number);
      case "h" -> Duration.ofHours(number);
      case "d" -> Duration.ofDays(number);
      default -> Duration.ofMillis(number);
    };
  }

  @Override
  public List<String> getList(String name) {
    String value = getString(name);
    return value == null
        ? List.of()
        : Arrays.stream(value.split(",", /* limit= */ -1))
            .map(String::strip)
            .filter(element -> !element.isEmpty())
            .toList();
  }

  /** Pairs {@code key=value}; values may be percent-encoded, and are not decoded here. */
  @Override
  public Map<String, String> getMap(String name) {
    Map<String, String> pairs = new LinkedHashMap<>();
    for (String pair : getList(name)) {
      int equals = pair.indexOf('=');
      if (equals < 1) {
        // Not repeated: it may be a secret.
        throw new IllegalArgumentException(
            name + " (" + variable(name) + ") must be key=value pairs with commas between them");
      }
      String value = pair.substring(equals + 1).strip();
      if (!value.isEmpty()) {
        pairs.put(pair.substring(0, equals).strip(), value);
      }
    }
    return pairs;
  }

  Map<String, String> decoded(String name) {
    Map<String, String> pairs = getMap(name);
    try {
      // A plus sign is one: this is not the encoding of forms.
      pairs.replaceAll((key, value) -> URLDecoder.decode(value.replace("+", "%2B"), UTF_8));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          name + " (" + variable(name) + ") has a percent sign that encodes nothing", e);
    }
    return pairs;
  }

  private <T> @Nullable T converted(
      String name, Function<String, @Nullable T> conversion, String expected) {
    String text = getString(name);
    if (text == null) {
      return null;
    }
    try {
      T value = conversion.apply(text);
      if (value != null) {
        return value;
      }
    } catch (ArithmeticException | NumberFormatException e) {
      // Reported below.
    }
    throw new IllegalArgumentException(
        name + " (" + variable(name) + ") is \"" + text + "\", but must be " + expected);
  }
}
