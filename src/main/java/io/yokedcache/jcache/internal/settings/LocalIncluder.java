package io.yokedcache.jcache.internal.settings;

import static java.util.Objects.requireNonNull;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigIncludeContext;
import com.typesafe.config.ConfigIncluder;
import com.typesafe.config.ConfigIncluderClasspath;
import com.typesafe.config.ConfigIncluderFile;
import com.typesafe.config.ConfigIncluderURL;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseable;
import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Handles HOCON's {@code include} as the library does, but for what would be fetched over a
 * network: that is refused, whichever of the forms of {@code include} names it.
 */
final class LocalIncluder
    implements ConfigIncluder, ConfigIncluderURL, ConfigIncluderFile, ConfigIncluderClasspath {

  private final @Nullable ConfigIncluder library;

  LocalIncluder() {
    this(null);
  }

  private LocalIncluder(@Nullable ConfigIncluder library) {
    this.library = library;
  }

  @Override
  public ConfigIncluder withFallback(ConfigIncluder fallback) {
    return library == null ? new LocalIncluder(fallback) : this;
  }

  /** A URL, or a name relative to the including file, which {@code //host/} leads away from. */
  @Override
  public ConfigObject include(ConfigIncludeContext context, String what) {
    requireLocal(what);
    ConfigParseable relative = context.relativeTo(what);
    if (relative != null && relative.origin().url() != null) {
      requireLocal(relative.origin().url().toString());
    }
    return library().include(context, what);
  }

  @Override
  public ConfigObject includeURL(ConfigIncludeContext context, URL what) {
    requireLocal(what.toString());
    return ((ConfigIncluderURL) library()).includeURL(context, what);
  }

  @Override
  public ConfigObject includeFile(ConfigIncludeContext context, File what) {
    requireLocal(what.getPath());
    return ((ConfigIncluderFile) library()).includeFile(context, what);
  }

  @Override
  public ConfigObject includeResources(ConfigIncludeContext context, String what) {
    ClassLoader loader = context.parseOptions().getClassLoader();
    try {
      List<URL> urls = loader == null ? List.of() : Collections.list(loader.getResources(what));
      urls.forEach(url -> requireLocal(url.toString()));
    } catch (IOException unreadable) {
      throw new Refused("the class path cannot be searched for an included file");
    }
    return ((ConfigIncluderClasspath) library()).includeResources(context, what);
  }

  private ConfigIncluder library() {
    return requireNonNull(library, "the library gives its own includer before it uses this one");
  }

  private static void requireLocal(String url) {
    String objection = LocalUrls.objection(url);
    if (objection != null) {
      throw new Refused("includes a file that " + objection);
    }
  }

  /** An include that is not made; the message names no URL, which may have credentials. */
  static final class Refused extends ConfigException {

    private static final long serialVersionUID = 1L;

    Refused(String reason) {
      super(reason);
    }
  }
}
