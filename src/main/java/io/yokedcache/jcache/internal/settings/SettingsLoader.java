package io.yokedcache.jcache.internal.settings;

import java.net.URI;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/**
 * Reads the configuration of a cache manager from its URI, its properties, configuration files,
 * environment variables and system properties. {@code docs/configuration.md} has the settings and
 * the order of the layers.
 *
 * <p>Nothing is kept between calls: each reads the files anew. Safe for use by several threads.
 */
public final class SettingsLoader {

  private SettingsLoader() {}

  /**
   * Reads the settings of a manager. Files are looked up in the context class loader of the calling
   * thread, then in {@code loader}.
   *
   * @param uri what the application passed: servers ({@code redis:}, {@code redis-cluster:}, {@code
   *     redis-sentinel:}, the same with {@code rediss}, {@code embedded:redis}), a configuration
   *     file ({@code classpath:}, {@code file:}, {@code jar:} and other schemes that this JVM can
   *     read), or {@code null} or {@link #defaultUri} for the default, with its credentials
   * @param loader the manager's class loader, or {@code null}
   * @param properties the manager's properties, or {@code null}; of these, keys that begin with
   *     {@code yokedcache.} are settings
   * @return the settings, all of them valid
   * @throws CacheException if anything is wrong; the message lists every problem, with file and
   *     line, and has no password
   */
  public static Settings load(
      @Nullable URI uri, @Nullable ClassLoader loader, @Nullable Properties properties) {
    return new ConfigSources(EnvironmentAndProperties.ofJvm(), loader).load(uri, properties);
  }

  /**
   * The public form of the URI that is used where an application names none: the system property
   * {@code yokedcache.uri}, else the environment variable {@code YOKEDCACHE_URI}, else {@code
   * yokedcache.uri} in the {@code yokedcache.conf} on the class path, else {@code
   * redis://localhost:6379}. {@link #load} finds its credentials and options again.
   *
   * @return the URI, fit for {@code CachingProvider.getDefaultURI()}
   * @throws CacheException if that URI, or the file, is malformed
   */
  public static URI defaultUri() {
    return new ConfigSources(EnvironmentAndProperties.ofJvm(), /* loader= */ null).defaultUri();
  }

  /**
   * The default URI that this JVM was started with, by a system property or an environment
   * variable; empty if there is none, so that files have the default. It may have a password.
   */
  public static String givenUri() {
    String property = System.getProperty(ConfigSources.URI_PROPERTY, "").strip();
    String variable = System.getenv(ConfigSources.URI_VARIABLE);
    return property.isEmpty() && variable != null ? variable.strip() : property;
  }

  /**
   * In which settings the properties that an application passes differ from those that an existing
   * manager was created with. Properties without any setting differ in none.
   *
   * @return the keys, sorted; never a value, which may be a secret
   */
  public static Set<String> differing(Properties existing, @Nullable Properties passed) {
    Map<String, String> now = passed == null ? Map.of() : ownSettings(passed);
    Set<String> differing = new TreeSet<>();
    if (!now.isEmpty()) {
      Map<String, String> before = ownSettings(existing);
      differing.addAll(before.keySet());
      differing.addAll(now.keySet());
      differing.removeIf(key -> Objects.equals(before.get(key), now.get(key)));
    }
    return differing;
  }

  private static Map<String, String> ownSettings(Properties properties) {
    Map<String, String> settings = EnvironmentAndProperties.strings(properties);
    settings.keySet().removeIf(key -> !key.startsWith(ConfigSources.ROOT + "."));
    return settings;
  }

  /**
   * What everybody may see of a manager's URI: no user info, query or fragment, and none of {@code
   * * , = * ? "} nor line ends, so that it is fit for {@code CacheManager.getURI()} and for the
   * names of MBeans. Commas between hosts are escaped, and read again as commas.
   *
   * @param uri the URI that the application passed
   * @return the same URI if there is nothing to leave out
   * @throws CacheException if the URI is of no form that this provider knows
   */
  public static URI publicUri(URI uri) {
    try {
      return NamedUri.ofCode(uri).publicForm();
    } catch (MalformedUriException stated) {
      ConfigErrors errors = new ConfigErrors();
      errors.add(stated);
      throw errors.toException();
    }
  }
}
