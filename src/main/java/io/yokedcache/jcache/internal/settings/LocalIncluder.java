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
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Handles HOCON's {@code include} as the library does, but refuses files that would be fetched over
 * a network, in all forms of {@code include}.
 */
final class LocalIncluder
    implements ConfigIncluder, ConfigIncluderURL, ConfigIncluderFile, ConfigIncluderClasspath {

  /** Schemes that mean a network whatever follows. */
  private static final Set<String> REMOTE =
      Set.of(
          "http", "https", "ftp", "ftps", "sftp", "mailto", "ldap", "ldaps", "rmi", "jnlp", "smb",
          "cifs", "nfs", "hdfs", "webdav", "dav", "ws", "wss", "s3", "gs");

  /** Two characters at least: one alone is a drive of Windows. */
  private static final Pattern SCHEME = Pattern.compile("\\s*([A-Za-z][A-Za-z0-9+.-]+):(.*)");

  private static final Pattern HOST = Pattern.compile("[/\\\\]{2}+[^/\\\\].*");

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

  /**
   * Returns why a URL is not local, to follow its name in a message; {@code null} if it is local. A
   * URL inside another one counts, as in {@code jar:http://host/x.jar!/x.conf}. Nothing is opened.
   */
  static @Nullable String objection(String url) {
    // The part after the last ! is a name inside of an archive.
    int entry = url.lastIndexOf('!');
    String rest = (entry < 0 ? url : url.substring(0, entry)).replaceAll("[\\r\\n]", " ");
    String scheme = "";
    Matcher next = SCHEME.matcher(rest);
    while (next.matches()) {
      scheme = next.group(1).toLowerCase(Locale.ROOT);
      if (REMOTE.contains(scheme)) {
        return "is fetched over a network by "
            + scheme
            + ":, which a configuration should not depend on; save the file and name it by file: or"
            + " classpath:";
      }
      rest = next.group(2);
      next = SCHEME.matcher(rest);
    }
    // The JVM asks an FTP server of that name, or Windows a file server.
    return HOST.matcher(rest).matches() || rest.startsWith("\\\\") || rest.startsWith("////")
        ? "names a host before the file; write file:/path/file.conf"
        : null;
  }

  private ConfigIncluder library() {
    return requireNonNull(library, "the library gives its own includer before it uses this one");
  }

  private static void requireLocal(String url) {
    String objection = objection(url);
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
