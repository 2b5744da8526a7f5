package io.yokedcache.jcache.internal.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValueFactory;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Merges the settings of a cache by its name. The settings of the exact name override the settings
 * of matching patterns, patterns with more literal characters override patterns with fewer, and all
 * override the defaults. Safe for use by several threads.
 */
final class CachePatterns implements Function<String, Settings.Cache> {

  private static final String TIME_TO_LIVE = "time-to-live";
  private static final String TIME_TO_IDLE = "time-to-idle";

  private final Config reference;
  private final Config defaults;
  private final Map<Glob, Config> patterns = new TreeMap<>(Glob.BY_LITERALS);
  private final Map<String, Config> names = new TreeMap<>();

  /** The settings of caches that are not configured by name, by the patterns that match. */
  private final Map<List<Glob>, Settings.Cache> shared = new ConcurrentHashMap<>();

  /**
   * Checks every group by itself.
   *
   * @param reference the built-in defaults
   * @param defaults the configured defaults, with every key
   * @param caches the groups by name or pattern
   */
  CachePatterns(Config reference, Config defaults, ConfigObject caches, ConfigErrors errors) {
    this.reference = reference;
    this.defaults = defaults;
    check(defaults, ConfigSources.ROOT + "." + SchemaCheck.DEFAULTS, errors);
    for (String name : new TreeSet<>(caches.keySet())) {
      Config settings = caches.toConfig().getConfig(ConfigUtil.quoteString(name));
      if (Glob.isGlob(name)) {
        patterns.put(new Glob(name), settings);
      } else {
        names.put(name, settings);
      }
      String path =
          ConfigSources.ROOT + "." + SchemaCheck.CACHES + "." + ConfigUtil.quoteString(name);
      check(settings, path, errors);
    }
  }

  private void check(Config settings, String path, ConfigErrors errors) {
    SettingGroup group =
        new SettingGroup(settings.withFallback(reference), reference, path, errors);
    Settings.Cache unused = SettingsReader.cache(group);
    if (unused.timeToLive() != null && unused.timeToIdle() != null) {
      group.complain(
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
    // Caches that match the same patterns share the record.
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
    ConfigErrors errors = new ConfigErrors();
    String path =
        ConfigSources.ROOT + "." + SchemaCheck.CACHES + "." + ConfigUtil.quoteString(name);
    Settings.Cache settings =
        SettingsReader.cache(new SettingGroup(merged, reference, path, errors));
    // Every layer was checked by itself, so only settings that do not go together are left to find.
    errors.throwIfAny();
    return settings;
  }

  /** Merges two layers. A deadline of the upper one removes the other kind from the lower one. */
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
}
