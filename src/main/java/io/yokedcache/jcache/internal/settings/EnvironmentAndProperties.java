package io.yokedcache.jcache.internal.settings;

import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;

/**
 * The environment variables and system properties of a JVM at one moment. {@link #toString} shows
 * none of them, since they may be secret.
 *
 * @param environment environment variables
 * @param systemProperties system properties whose values are strings
 */
record EnvironmentAndProperties(
    Map<String, String> environment, Map<String, String> systemProperties) {

  /** Reads the environment of this JVM. */
  static EnvironmentAndProperties ofJvm() {
    return new EnvironmentAndProperties(System.getenv(), strings(System.getProperties()));
  }

  /** The properties, defaults included, sorted by key; other values than strings by their text. */
  static Map<String, String> strings(Properties properties) {
    Map<String, String> strings = new TreeMap<>();
    for (String key : properties.stringPropertyNames()) {
      strings.put(key, properties.getProperty(key));
    }
    properties.forEach(
        (key, value) -> {
          if (key instanceof String name) {
            strings.putIfAbsent(name, String.valueOf(value));
          }
        });
    return strings;
  }

  /** The value of an environment variable, or the empty string if there is none. */
  String variable(String name) {
    return environment.getOrDefault(name, "").strip();
  }

  /** The value of a system property, or the empty string if there is none. */
  String property(String name) {
    return systemProperties.getOrDefault(name, "").strip();
  }

  @Override
  public String toString() {
    return "EnvironmentAndProperties[]";
  }
}
