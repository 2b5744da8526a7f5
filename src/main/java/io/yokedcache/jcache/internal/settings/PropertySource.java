package io.yokedcache.jcache.internal.settings;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValueFactory;
import java.util.List;
import java.util.Map;

/** A layer of the configuration that was given as properties, such as system properties. */
final class PropertySource {

  private static final String PREFIX = ConfigSources.ROOT + ".";

  private PropertySource() {}

  /**
   * The settings among properties: those whose key begins with {@code yokedcache.}. All others
   * belong to somebody else. Their values are taken literally.
   *
   * @param properties keys and values
   * @param source what messages call them, such as {@code system properties}
   * @param check finds wrong keys, one property at a time: if a group's key has a value and a key
   *     in that group has one too, merging them would lose one
   * @param problems takes the problems
   */
  static Config of(
      Map<String, String> properties, String source, SchemaCheck check, Problems problems) {
    Config layer = ConfigFactory.empty();
    for (Map.Entry<String, String> property : properties.entrySet()) {
      if (property.getKey().startsWith(PREFIX)) {
        try {
          Config one = setting(property.getKey(), property.getValue(), source);
          layer =
              check
                  .partial(one.getObject(ConfigSources.ROOT))
                  .atKey(ConfigSources.ROOT)
                  .withFallback(layer);
        } catch (ConfigException badPath) {
          problems.add(
              source,
              property.getKey()
                  + " is not a valid key; a name of a cache that has other characters than letters,"
                  + " digits, - and _ must be in double quotes:"
                  + " yokedcache.caches.\"com.acme.*\".time-to-live");
        }
      }
    }
    return layer;
  }

  /** A layer of one setting; all its groups say where they come from, as messages need it. */
  private static Config setting(String path, String value, String source) {
    List<String> keys = ConfigUtil.splitPath(path);
    Object nested = value;
    for (int i = keys.size() - 1; i >= 0; i--) {
      nested = Map.of(keys.get(i), nested);
    }
    return ((ConfigObject) ConfigValueFactory.fromAnyRef(nested, source)).toConfig();
  }
}
