package io.yokedcache.jcache.internal.settings;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/** Finds and parses configuration files. Their contents never become part of a message. */
final class ConfigFiles {

  private static final String REFERENCE = "reference.conf";
  private static final String OWN_FILE = "yokedcache.conf";

  private final Set<ClassLoader> loaders = new LinkedHashSet<>();
  private final Set<String> taken = new LinkedHashSet<>();

  /** Looks in the context class loader, then in the given one, then in the provider's. */
  ConfigFiles(@Nullable ClassLoader given) {
    ClassLoader context = Thread.currentThread().getContextClassLoader();
    if (context != null) {
      loaders.add(context);
    }
    if (given != null) {
      loaders.add(given);
    }
    loaders.add(ConfigFiles.class.getClassLoader());
  }

  /**
   * The defaults: {@code yokedcache} of every {@code reference.conf}, since a merged jar may have
   * it anywhere and other jars of this project may add groups.
   */
  static Config reference() {
    if (Reference.RESOLVED == null) {
      throw new CacheException(
          "YokedCache's reference.conf is missing from the class path. When jars are merged into"
              + " one, the files of that name must be appended to each other, not replaced");
    }
    return Reference.RESOLVED;
  }

  /** Returns the names of the files that were read, from the lowest layer. */
  List<String> taken() {
    List<String> names = new ArrayList<>(taken);
    Collections.reverse(names);
    return names;
  }

  /** The parsed {@code reference.conf}, read once. It refers to no other class loader. */
  private static final class Reference {

    static final @Nullable Config RESOLVED = read();

    private Reference() {}

    private static @Nullable Config read() {
      Config all =
          ConfigFactory.parseResources(ConfigFiles.class.getClassLoader(), REFERENCE)
              .withOnlyPath(ConfigSources.ROOT);
      return all.hasPath(ConfigSources.ROOT + "." + SchemaCheck.DEFAULTS) ? all.resolve() : null;
    }
  }

  /** The first {@code yokedcache.conf} on the class path; empty if there is none. */
  Config ownFile(ConfigErrors errors) {
    URL url = find(OWN_FILE);
    return url == null
        ? ConfigFactory.empty()
        : parse(url, url.toString().replaceAll("//[^/]*@", "//"), errors);
  }

  /** The file that a URI names. */
  Config file(NamedUri named, ConfigErrors errors) throws MalformedUriException {
    String shown = named.publicForm().toString();
    String scheme = named.uri().getScheme();
    if ("classpath".equalsIgnoreCase(scheme)) {
      String name = named.publicForm().getSchemeSpecificPart().replaceFirst("^/+", "");
      URL url = find(name);
      if (url == null) {
        errors.add(shown, "is not on the class path");
        return ConfigFactory.empty();
      }
      return parse(url, shown, errors);
    }
    try {
      return parse(named.publicForm().toURL(), shown, errors);
    } catch (MalformedURLException | IllegalArgumentException unknownToThisJvm) {
      throw new MalformedUriException(named.where() + " cannot be read by this JVM");
    }
  }

  private @Nullable URL find(String name) {
    for (ClassLoader loader : loaders) {
      URL url = loader.getResource(name);
      if (url != null) {
        return url;
      }
    }
    return null;
  }

  private Config parse(URL url, String shown, ConfigErrors errors) {
    String objection = LocalIncluder.objection(url.toString());
    if (objection == null) {
      objection = objectionToEncoding(url);
    }
    if (objection != null) {
      errors.add(shown, objection);
      return ConfigFactory.empty();
    }
    ConfigParseOptions options =
        ConfigParseOptions.defaults()
            .setAllowMissing(false)
            .setOriginDescription(shown)
            .setIncluder(new LocalIncluder());
    try {
      Config parsed = ConfigFactory.parseURL(url, options);
      requireRoot(parsed, shown, errors);
      taken.add(shown);
      return parsed;
    } catch (LocalIncluder.Refused refused) {
      errors.add(shown, String.valueOf(refused.getMessage()));
    } catch (ConfigException.IO unreadable) {
      errors.add(shown, "cannot be read: is there such a file, and may it be read?");
    } catch (ConfigException wrong) {
      errors.add(place(wrong, shown), "cannot be parsed as HOCON: " + reason(wrong, shown));
    }
    return ConfigFactory.empty();
  }

  /**
   * Returns why the text of a file cannot be taken as it is, to follow its name in a message. The
   * parser replaces bytes that are not UTF-8, and takes a byte order mark for a part of the first
   * property's key. {@code null} if there is no objection, also if the file cannot be read.
   */
  private static @Nullable String objectionToEncoding(URL url) {
    try {
      URLConnection connection = url.openConnection();
      connection.setUseCaches(false); // an open jar would outlive its application
      try (InputStream in = connection.getInputStream()) {
        CharBuffer text = UTF_8.newDecoder().decode(ByteBuffer.wrap(in.readAllBytes()));
        return url.getPath().endsWith(".properties") && text.toString().startsWith("\uFEFF")
            ? "begins with a byte order mark; save it in UTF-8 without one"
            : null;
      }
    } catch (CharacterCodingException otherEncoding) {
      return "is not in UTF-8; save it in that encoding";
    } catch (IOException unreadable) { // the parser reports it
      return null;
    }
  }

  private static void requireRoot(Config parsed, String shown, ConfigErrors errors) {
    Set<String> roots = parsed.root().keySet();
    if (roots.isEmpty() || roots.contains(ConfigSources.ROOT)) {
      return;
    }
    errors.add(
        shown,
        "has no settings: all of them belong into a group "
            + ConfigSources.ROOT
            + " { ... } that it lacks");
  }

  /** Returns the place of an error, as messages name it. */
  static String place(ConfigException wrong, String shown) {
    return wrong.origin() == null ? shown : wrong.origin().description();
  }

  /**
   * Returns the parser's message without its quotations of the file, which may be a part of a
   * password.
   */
  private static String reason(ConfigException wrong, String shown) {
    if (!(wrong instanceof ConfigException.Parse)) {
      return "values of different kinds stand side by side";
    }
    String place = place(wrong, shown) + ": ";
    String message = String.valueOf(wrong.getMessage());
    String words = message.startsWith(place) ? message.substring(place.length()) : "";
    return words.split("['\"]", 2)[0].strip()
        + " ... (the text is left out, since it could be a secret; put double quotes around values"
        + " with special characters)";
  }
}
