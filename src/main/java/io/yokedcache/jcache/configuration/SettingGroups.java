package io.yokedcache.jcache.configuration;

import static java.util.Objects.requireNonNull;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigObject;
import javax.cache.CacheException;

/**
 * The groups of settings that other jars define and read. Does not show them: they have secrets.
 */
public final class SettingGroups {

  private final ConfigObject contents;

  public SettingGroups(ConfigObject contents) {
    this.contents = contents;
  }

  /**
   * Returns a group with its defaults.
   *
   * @param name its name below {@code yokedcache}
   * @return the group; its values know the file and line that they are from
   * @throws CacheException if no {@code reference.conf} has that group
   */
  public Config group(String name) {
    requireNonNull(name, "name");
    if (contents.get(name) instanceof ConfigObject group) {
      return group.toConfig();
    }
    throw new CacheException(
        "No reference.conf on the class path has a group yokedcache."
            + name
            + ". When jars are merged into one, the files of that name must be appended to each"
            + " other, not replaced");
  }
}
