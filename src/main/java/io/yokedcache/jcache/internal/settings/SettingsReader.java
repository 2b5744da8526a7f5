package io.yokedcache.jcache.internal.settings;

import com.typesafe.config.Config;
import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.configuration.Settings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Turns the merged contents of {@code yokedcache} into settings. */
final class SettingsReader {

  private static final Duration MILLISECOND = Duration.ofMillis(1);
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Set<String> PRESETS = Set.of("hibernate", "spring");
  private static final Pattern NAMESPACE = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final Pattern CLIENT_NAME = Pattern.compile("[!-~]+");
  private static final Pattern EXECUTORS = Pattern.compile("pipelined|pooled");
  private static final Pattern OPERATION_BEANS = Pattern.compile("used|all|none");
  private static final Pattern USER = Pattern.compile(".*", Pattern.DOTALL);
  private static final Pattern ALLOWED =
      Pattern.compile(
          "\\p{javaJavaIdentifierStart}\\p{javaJavaIdentifierPart}*"
              + "(\\.\\p{javaJavaIdentifierStart}\\p{javaJavaIdentifierPart}*)*(\\.\\*\\*?)?");

  private final Config given;
  private final Config reference;
  private final Problems problems;

  /**
   * A reader of settings that have every key, but perhaps wrong values.
   *
   * @param given the merged contents of {@code yokedcache}
   * @param reference the same of {@code reference.conf}
   * @param problems takes the problems
   */
  SettingsReader(Config given, Config reference, Problems problems) {
    this.given = given;
    this.reference = reference;
    this.problems = problems;
  }

  /**
   * Reads all; what it returns is of use only if there were no problems.
   *
   * @param files where they come from
   */
  Settings read(RedisUri uri, List<String> files) {
    Section root = new Section(given, reference, ConfigSources.ROOT, problems);
    CacheSettingsReader caches =
        new CacheSettingsReader(
            reference.getConfig(SchemaCheck.DEFAULTS),
            given.getConfig(SchemaCheck.DEFAULTS),
            given.getObject(SchemaCheck.CACHES),
            problems);
    return new Settings(
        uri.embedded(),
        connection(root.child("connection"), uri),
        root.text("namespace", NAMESPACE, "1 to 64 letters, digits, '.', '_' and '-'"),
        root.integer("buckets", 1, 16_384),
        serialization(root.child("serialization")),
        events(root.child("events")),
        staleEntries(root.child("stale-entries")),
        keyStatistics(root.child("key-statistics")),
        health(root.child("health")),
        operationBeans(root.child("management")),
        root.child("management").integer("max-operation-beans", 0, 1_000_000),
        root.child("near").duration("max-staleness", Duration.ofMillis(10), HOUR),
        caches.definedCaches(),
        caches,
        new Settings.Groups(given.root()),
        files);
  }

  private static Settings.Connection connection(Section section, RedisUri uri) {
    String user = user(section);
    String password = section.secret("password");
    if (user != null && password == null && !uri.embedded()) {
      section.complain(
          "user",
          "is set without a password. Set connection.password or YOKEDCACHE_PASSWORD, or write"
              + " redis://user:password@host. What stands alone before the @ of a URI is a user:"
              + " for a password alone write redis://:password@host");
    }
    Section pool = section.child("pool");
    return new Settings.Connection(
        uri.host(),
        uri.port(),
        uri.database(),
        uri.embedded() ? null : user,
        uri.embedded() ? null : password,
        uri.tls(),
        tls(section.child("tls"), uri),
        section.text("client-name", CLIENT_NAME, "printable ASCII without spaces"),
        section.duration("connect-timeout", MILLISECOND, HOUR),
        section.duration("command-timeout", MILLISECOND, HOUR),
        executor(section),
        pool.integer("size", 1, 10_000),
        pool.duration("wait", MILLISECOND, HOUR),
        section.duration("keep-alive", Duration.ZERO, HOUR));
  }

  private static Settings.Executor executor(Section section) {
    return section.text("executor", EXECUTORS, "pipelined or pooled").equals("pooled")
        ? Settings.Executor.POOLED
        : Settings.Executor.PIPELINED;
  }

  private static Settings.Tls tls(Section section, RedisUri uri) {
    Path trustStore = section.optionalPath("trust-store");
    String trustStorePassword = section.secret("trust-store-password");
    Path keyStore = section.optionalPath("key-store");
    String keyStorePassword = section.secret("key-store-password");
    boolean verifyHostName = section.flag("verify-host-name");
    if (uri.tls()) {
      requireReadable(section, "trust-store", trustStore);
      requireReadable(section, "key-store", keyStore);
      refuseHalf(section, "trust-store", trustStore, trustStorePassword);
      refuseHalf(section, "key-store", keyStore, keyStorePassword);
    } else if (!uri.embedded()) {
      boolean unused =
          refuseWithoutTls(section, "trust-store", trustStore != null)
              || refuseWithoutTls(section, "key-store", keyStore != null)
              || refuseWithoutTls(section, "trust-store-password", trustStorePassword != null)
              || refuseWithoutTls(section, "key-store-password", keyStorePassword != null)
              || refuseWithoutTls(section, "verify-host-name", !verifyHostName);
    }
    return new Settings.Tls(
        trustStore, trustStorePassword, keyStore, keyStorePassword, verifyHostName);
  }

  /** Who sets what only TLS has believes that the connection is encrypted. */
  private static boolean refuseWithoutTls(Section section, String key, boolean isSet) {
    if (isSet) {
      section.complain(
          key,
          "is set, but the server's URI begins with redis://, which is not encrypted; write"
              + " rediss://, or leave out what is in tls { }");
    }
    return isSet;
  }

  private static void refuseHalf(
      Section section, String key, @Nullable Path store, @Nullable String password) {
    if (store == null && password != null) {
      section.complain(
          key + "-password",
          "is set without " + key + ", the file that it opens; set both or none");
    }
  }

  private static @Nullable String user(Section section) {
    String user = section.optionalText("user", USER, "a text");
    return user == null || user.isEmpty() ? null : user;
  }

  private static void requireReadable(Section section, String key, @Nullable Path file) {
    if (file != null && !Files.isReadable(file)) {
      section.complain(key, "names " + file.toAbsolutePath() + ", which is no file to read");
    }
  }

  private static SerializationSettings serialization(Section section) {
    return new SerializationSettings(
        section.texts(
            "allow",
            name -> ALLOWED.matcher(name).matches(),
            "names of classes or packages: com.acme.Order, com.acme.* or com.acme.**"),
        section.texts("presets", PRESETS::contains, "hibernate or spring"),
        section.flag("learn"),
        section.flag("java"),
        section.number("max-depth", 1),
        section.number("max-references", 1),
        section.number("max-array-length", 1),
        section.bytes("max-bytes", 1));
  }

  private static Settings.Events events(Section section) {
    Settings.Events events =
        new Settings.Events(
            section.duration("lease", SECOND, HOUR),
            section.duration("announce", MILLISECOND, Duration.ofSeconds(10)),
            section.integer("queue-capacity", 1, 10_000_000),
            section.bytes("queue-bytes", 1),
            section.flag("expired"));
    if (events.announce().compareTo(events.lease()) >= 0) {
      section.complain("announce", "must be less than lease");
    }
    return events;
  }

  private static Settings.StaleEntries staleEntries(Section section) {
    return new Settings.StaleEntries(
        section.flag("enabled"),
        section.duration("delay", Duration.ZERO, Duration.ofDays(1)),
        section.duration("interval", SECOND, Duration.ofDays(30)),
        section.integer("page-size", 1, 1_000_000),
        section.share("duty-cycle"));
  }

  private static Settings.KeyStatistics keyStatistics(Section section) {
    return new Settings.KeyStatistics(
        section.flag("enabled"),
        section.duration("interval", SECOND, Duration.ofDays(30)),
        section.integer("page-size", 1, 1_000_000),
        section.share("duty-cycle"));
  }

  private static Settings.OperationBeans operationBeans(Section section) {
    return Settings.OperationBeans.valueOf(
        section.text("operations", OPERATION_BEANS, "used, all or none").toUpperCase(Locale.ROOT));
  }

  private static Settings.Health health(Section section) {
    return new Settings.Health(section.duration("interval", Duration.ofMillis(100), HOUR));
  }
}
