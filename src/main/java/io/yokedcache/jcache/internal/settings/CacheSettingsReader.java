package io.yokedcache.jcache.internal.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValueFactory;
import io.yokedcache.jcache.configuration.Settings;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The settings of caches by their names: the defaults, over them those of each pattern that
 * matches, from the fewest to the most literal characters, and over them those of the exact name.
 * Safe for use by several threads.
 */
final class CacheSettingsReader implements Function<String, Settings.Cache> {

  private static final String TIME_TO_LIVE = "time-to-live";
  private static final String TIME_TO_IDLE = "time-to-idle";
  private static final Duration MILLISECOND = Duration.ofMillis(1);
  private static final Duration MICROSECOND = Duration.ofNanos(1_000);
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration DAY = Duration.ofDays(1);
  private static final Pattern CLASS_NAME =
      Pattern.compile(
          "\\p{javaJavaIdentifierStart}\\p{javaJavaIdentifierPart}*"
              + "(\\.\\p{javaJavaIdentifierStart}\\p{javaJavaIdentifierPart}*)*");
  private static final Pattern CODEC = Pattern.compile("[^\\s,\"]+");

  private final Config reference;
  private final Config defaults;
  private final Map<Glob, Config> patterns = new TreeMap<>(Glob.BY_LITERALS);
  private final Map<String, Config> names = new TreeMap<>();

  /**
   * The settings of caches without settings of their own, by the patterns that match their names.
   */
  private final Map<List<Glob>, Settings.Cache> shared = new ConcurrentHashMap<>();

  /**
   * Checks every group by itself.
   *
   * @param reference the built-in defaults
   * @param defaults the configured ones, complete
   * @param caches the groups by name or pattern
   * @param problems takes what is wrong with any of them
   */
  CacheSettingsReader(Config reference, Config defaults, ConfigObject caches, Problems problems) {
    this.reference = reference;
    this.defaults = defaults;
    check(defaults, ConfigSources.ROOT + "." + SchemaCheck.DEFAULTS, problems);
    for (String name : new TreeSet<>(caches.keySet())) {
      Config settings = caches.toConfig().getConfig(ConfigUtil.quoteString(name));
      if (Glob.isGlob(name)) {
        patterns.put(new Glob(name), settings);
      } else {
        names.put(name, settings);
      }
      String path =
          ConfigSources.ROOT + "." + SchemaCheck.CACHES + "." + ConfigUtil.quoteString(name);
      check(settings, path, problems);
    }
  }

  private void check(Config settings, String path, Problems problems) {
    Section section = new Section(settings.withFallback(reference), reference, path, problems);
    Settings.Cache unused = read(section);
    if (unused.timeToLive() != null && unused.timeToIdle() != null) {
      section.complain(
          TIME_TO_IDLE,
          "and "
              + TIME_TO_LIVE
              + " are both set, but an entry has one deadline; set one of them to null");
    }
  }

  /** Names of the caches that are defined by their full name. */
  Set<String> definedCaches() {
    return Set.copyOf(names.keySet());
  }

  @Override
  public Settings.Cache apply(String name) {
    Config exact = names.get(name);
    if (exact != null) {
      return merged(name, Stream.concat(patternsOf(name).map(patterns::get), Stream.of(exact)));
    }
    // Caches of the same patterns share them.
    return shared.computeIfAbsent(
        patternsOf(name).toList(), matching -> merged(name, matching.stream().map(patterns::get)));
  }

  private Stream<Glob> patternsOf(String name) {
    return patterns.keySet().stream().filter(pattern -> pattern.matches(name));
  }

  private Settings.Cache merged(String name, Stream<Config> settingsOfPatterns) {
    List<Config> layers = settingsOfPatterns.toList();
    Config merged = defaults;
    for (Config layer : layers) {
      merged = over(merged, layer);
    }
    Problems problems = new Problems();
    String path =
        ConfigSources.ROOT + "." + SchemaCheck.CACHES + "." + ConfigUtil.quoteString(name);
    Settings.Cache settings = read(new Section(merged, reference, path, problems));
    // Every layer was checked by itself, so there is nothing left to find: this guards that claim.
    problems.throwIfAny();
    return settings;
  }

  /**
   * Merges; who sets one kind of deadline does away with the other kind in less specific layers.
   */
  private static Config over(Config lower, Config upper) {
    Config base = lower;
    if (upper.hasPath(TIME_TO_LIVE)) {
      base = base.withValue(TIME_TO_IDLE, ConfigValueFactory.fromAnyRef(null));
    }
    if (upper.hasPath(TIME_TO_IDLE)) {
      base = base.withValue(TIME_TO_LIVE, ConfigValueFactory.fromAnyRef(null));
    }
    return upper.withFallback(base);
  }

  private static Settings.Cache read(Section section) {
    return new Settings.Cache(
        className(section, "key-type"),
        className(section, "value-type"),
        section.text("key-codec", CODEC, "the name of a codec or the full name of a codec's class"),
        section.text(
            "value-codec", CODEC, "the name of a codec or the full name of a codec's class"),
        section.optionalDuration(TIME_TO_LIVE, MILLISECOND),
        section.optionalDuration(TIME_TO_IDLE, MILLISECOND),
        section.optionalFlag("statistics"),
        section.optionalFlag("management"),
        section.flag("clear-on-create"),
        section.integer("batch-size", 1, 100_000),
        section.duration("contention-timeout", MILLISECOND, HOUR),
        section.duration("load-timeout", MILLISECOND, DAY),
        alerts(section.child("alerts")),
        near(section.child("near")));
  }

  private static Settings.Alerts alerts(Section section) {
    return new Settings.Alerts(
        section.duration("interval", SECOND, DAY),
        section.optionalShare("hit-rate-below"),
        section.optionalDuration("get-p99-above", MICROSECOND),
        section.optionalBytes("size-bytes-above", 0));
  }

  private static Settings.NearCache near(Section section) {
    return new Settings.NearCache(
        section.flag("enabled"),
        section.number("max-entries", 1),
        section.optionalBytes("max-bytes", 1),
        section.optionalDuration("time-to-live", MILLISECOND));
  }

  private static @Nullable String className(Section section, String key) {
    return section.optionalText(key, CLASS_NAME, "the full name of a class, or null");
  }
}
