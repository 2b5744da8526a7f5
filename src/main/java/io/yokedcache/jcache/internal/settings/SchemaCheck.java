package io.yokedcache.jcache.internal.settings;

import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Finds unknown keys, groups in place of values, and values in place of groups. The known keys are
 * the keys of {@code reference.conf}; a group that is empty there may have any keys, such as the
 * labels of metrics.
 */
final class SchemaCheck {

  /** The group whose keys are names of caches. */
  static final String CACHES = "caches";

  /** The group whose keys every cache has. */
  static final String DEFAULTS = "defaults";

  /** The group of another jar, which may be missing. */
  private static final String METRICS = "metrics";

  private static final String CACHES_PATH = ConfigSources.ROOT + "." + CACHES;
  private static final ConfigObject NOTHING = ConfigFactory.empty().root();

  private final ConfigObject reference;
  private final ConfigErrors errors;

  SchemaCheck(ConfigObject reference, ConfigErrors errors) {
    this.reference = reference;
    this.errors = errors;
  }

  /**
   * Checks the contents of {@code yokedcache}.
   *
   * @return the valid settings, with the reference's value for every missing or invalid key. The
   *     result is not merged by HOCON, where a group over a plain value hides the layers below.
   */
  ConfigObject complete(ConfigObject given) {
    return group(ConfigSources.ROOT, given, reference, reference);
  }

  /** Checks contents of {@code yokedcache} that may lack keys, and returns the valid settings. */
  ConfigObject partial(ConfigObject given) {
    return group(ConfigSources.ROOT, given, reference, NOTHING);
  }

  private ConfigObject group(
      String path, ConfigObject given, ConfigObject known, ConfigObject base) {
    ConfigObject kept = base;
    for (Map.Entry<String, ConfigValue> entry : given.entrySet()) {
      String key = entry.getKey();
      ConfigObject below = base.get(key) instanceof ConfigObject group ? group : NOTHING;
      ConfigValue right = checked(path, key, entry.getValue(), known, below);
      kept = right == null ? kept : kept.withValue(key, right);
    }
    return kept;
  }

  private @Nullable ConfigValue checked(
      String parent, String key, ConfigValue value, ConfigObject known, ConfigObject below) {
    String path = parent + "." + key;
    ConfigValue model = known.get(key);
    if (model == null) {
      errors.add(value.origin(), path + " is not a setting" + hint(key, parent, value, known));
      return null;
    }
    if (!(model instanceof ConfigObject group)) {
      if (value instanceof ConfigObject) {
        errors.add(value.origin(), path + " must be a value, not a group");
        return null;
      }
      return value;
    }
    if (!(value instanceof ConfigObject object)) {
      errors.add(value.origin(), path + " must be a group: " + key + " { ... }");
      return null;
    }
    if (path.equals(CACHES_PATH)) {
      return caches(object);
    }
    return group.isEmpty() ? object : group(path, object, group, below);
  }

  private ConfigObject caches(ConfigObject given) {
    ConfigObject known = (ConfigObject) Objects.requireNonNull(reference.get(DEFAULTS), DEFAULTS);
    ConfigObject kept = NOTHING;
    for (Map.Entry<String, ConfigValue> entry : given.entrySet()) {
      String name = entry.getKey();
      String cache = CACHES_PATH + "." + ConfigUtil.quoteString(name);
      if (entry.getValue() instanceof ConfigObject settings) {
        kept = kept.withValue(name, group(cache, settings, known, NOTHING));
      } else {
        errors.add(
            entry.getValue().origin(),
            cache
                + " must be a group with the settings of the cache of that name: \"name\" { ... }");
      }
    }
    return kept;
  }

  private String hint(String key, String parent, ConfigValue value, ConfigObject known) {
    if (parent.equals(ConfigSources.ROOT) && key.equals(METRICS)) {
      return " of this jar; add io.yokedcache:yokedcache-jmx-bridge to the class path, which reads it";
    }
    String near = Spelling.nearest(key, known.keySet());
    if (near != null) {
      return "; did you mean " + near + "?";
    }
    if (parent.startsWith(CACHES_PATH + ".") && value.valueType() == ConfigValueType.OBJECT) {
      return "; a name of a cache that has dots must be in double quotes:"
          + " \"com.acme.Order\" { ... }";
    }
    String elsewhere = elsewhere(key);
    return elsewhere != null
        ? "; did you mean " + elsewhere + "?"
        : "; known here: " + String.join(", ", new TreeSet<>(known.keySet()));
  }

  /** Returns a setting of another group with that name, with or without the group's name. */
  private @Nullable String elsewhere(String key) {
    List<String> paths = new ArrayList<>();
    collect(ConfigSources.ROOT, reference, paths);
    for (String path : paths) {
      String hyphened = path.replace('.', '-');
      if (path.endsWith("." + key) || hyphened.endsWith("-" + key)) {
        return path;
      }
    }
    return null;
  }

  private static void collect(String path, ConfigObject group, Collection<String> paths) {
    for (String key : new TreeSet<>(group.keySet())) {
      paths.add(path + "." + key);
      if (group.get(key) instanceof ConfigObject child) {
        collect(path + "." + key, child, paths);
      }
    }
  }
}
