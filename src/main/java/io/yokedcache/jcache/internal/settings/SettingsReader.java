package io.yokedcache.jcache.internal.settings;

import com.typesafe.config.Config;
import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.settings.Settings.Deployment.Kind;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads every key of {@code yokedcache}, group by group as {@code reference.conf} has them, and
 * checks its value. Keys of {@code defaults} and {@code caches} are in {@link #cache}.
 */
final class SettingsReader {

  private static final Duration MILLISECOND = Duration.ofMillis(1);
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration HOUR = Duration.ofHours(1);
  private static final int CLUSTER_BUCKETS = 16;
  private static final Set<String> PRESETS = Set.of("hibernate", "kotlin", "spring");
  private static final Pattern NAMESPACE = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final Pattern CLIENT_NAME = Pattern.compile("[!-~]+");
  private static final Pattern TLS_VERSION = Pattern.compile("TLSv1\\.[23]");
  private static final String DEFAULT_TLS_VERSION = "TLSv1.2";
  private static final Pattern CIPHER = Pattern.compile("[A-Z0-9_]+");
  private static final Pattern USER = Pattern.compile(".*", Pattern.DOTALL);
  private static final Duration MICROSECOND = Duration.ofNanos(1_000);
  private static final Duration DAY = Duration.ofDays(1);
  private static final Pattern CLASS_NAME =
      Pattern.compile(
          "\\p{javaJavaIdentifierStart}\\p{javaJavaIdentifierPart}*"
              + "(\\.\\p{javaJavaIdentifierStart}\\p{javaJavaIdentifierPart}*)*");

  private static final Pattern CLASS_OR_PACKAGE =
      Pattern.compile(CLASS_NAME.pattern() + "(\\.\\*\\*?)?");

  /** The codec reports type arguments that are wrong. */
  private static final Pattern TYPE_NAME =
      Pattern.compile(CLASS_NAME.pattern() + "(<[^\"]{1,1000}>)?");

  private static final Pattern CODEC = Pattern.compile("[^\\s,\"]+");

  private final Config given;
  private final Config reference;
  private final ConfigErrors errors;

  /**
   * Creates a reader of a configuration that has every key.
   *
   * @param given the merged contents of {@code yokedcache}
   * @param reference the contents of {@code yokedcache} in {@code reference.conf}
   */
  SettingsReader(Config given, Config reference, ConfigErrors errors) {
    this.given = given;
    this.reference = reference;
    this.errors = errors;
  }

  /** Reads all settings. The result is valid only if no problem was added. */
  Settings read(RedisUri uri, List<String> files) {
    SettingGroup root = new SettingGroup(given, reference, ConfigSources.ROOT, errors);
    CachePatterns caches =
        new CachePatterns(
            reference.getConfig(SchemaCheck.DEFAULTS),
            given.getConfig(SchemaCheck.DEFAULTS),
            given.getObject(SchemaCheck.CACHES),
            errors);
    Settings.Connection connection = connection(root.child("connection"), uri);
    return new Settings(
        uri.embedded(),
        connection,
        root.text("namespace", NAMESPACE, "1 to 64 letters, digits, '.', '_' and '-'"),
        buckets(root, uri.kind()),
        serialization(root.child("serialization")),
        events(root.child("events")),
        staleEntries(root.child("stale-entries")),
        keyStatistics(root.child("key-statistics")),
        new Settings.Health(
            root.child("health").duration("interval", Duration.ofMillis(100), HOUR)),
        failOver(root.child("fail-over"), connection.commandTimeout()),
        root.child("management").constant("operations", Settings.OperationBeans.class),
        root.child("management").integer("max-operation-beans", 0, 1_000_000),
        root.child("near").duration("max-staleness", Duration.ofMillis(10), HOUR),
        root.child("replicas").duration("max-lag", Duration.ofMillis(100), HOUR),
        caches.definedCaches(),
        caches,
        new Settings.Groups(given.root()),
        files);
  }

  /** Reads the settings of one cache, from {@code defaults} or a group of {@code caches}. */
  static Settings.Cache cache(SettingGroup group) {
    Settings.ReadFrom readFrom = group.constant("read-from", Settings.ReadFrom.class);
    if (group.flag("tags") && readFrom != Settings.ReadFrom.MASTER) {
      group.complain(
          "tags", "= true needs read-from = master, since a replica may miss an invalidation");
    }
    return new Settings.Cache(
        group.optionalText("key-type", CLASS_NAME, "the full name of a class, or null"),
        group.optionalText(
            "value-type",
            TYPE_NAME,
            "the full name of a class, or null; for the codec json also a generic type such as"
                + " java.util.List<com.acme.Order>"),
        group.text("key-codec", CODEC, "the name of a codec or the full name of a codec's class"),
        group.text("value-codec", CODEC, "the name of a codec or the full name of a codec's class"),
        group.optionalDuration("time-to-live", MILLISECOND),
        group.optionalDuration("time-to-idle", MILLISECOND),
        group.optionalFlag("statistics"),
        group.optionalFlag("management"),
        group.flag("clear-on-create"),
        group.flag("tags"),
        readFrom,
        group.integer("batch-size", 1, 100_000),
        group.duration("contention-timeout", MILLISECOND, HOUR),
        group.duration("load-timeout", MILLISECOND, DAY),
        group.optionalDuration("load-lease", MILLISECOND),
        group.optionalDuration("refresh-after", MILLISECOND),
        group.constant("on-failure", Settings.OnFailure.class),
        alerts(group.child("alerts")),
        near(group.child("near"), group.child("fail-safe")),
        compress(group.child("compress")),
        new Settings.Encrypt(group.child("encrypt").optionalPath("keyset")));
  }

  private static Settings.Compress compress(SettingGroup group) {
    return new Settings.Compress(
        group.constant("algorithm", Settings.Compress.Algorithm.class),
        group.bytes("above", 0),
        group.integer("level", 0, 17));
  }

  private static Settings.Alerts alerts(SettingGroup group) {
    return new Settings.Alerts(
        group.duration("interval", SECOND, DAY),
        group.optionalRatio("hit-rate-below"),
        group.optionalDuration("get-p99-above", MICROSECOND),
        group.optionalBytes("size-bytes-above", 0));
  }

  private static Settings.NearCache near(SettingGroup group, SettingGroup failSafe) {
    return new Settings.NearCache(
        group.flag("enabled"),
        group.number("max-entries", 1),
        group.optionalBytes("max-bytes", 1),
        group.optionalDuration("time-to-live", MILLISECOND),
        failSafe.optionalDuration("max-age", MILLISECOND));
  }

  /** Cluster nodes share the buckets, so a cache there has more than one of them. */
  private static int buckets(SettingGroup root, Kind kind) {
    int automatic = kind == Kind.CLUSTER ? CLUSTER_BUCKETS : 1;
    return root.integerOrAuto("buckets", 1, 16_384, automatic);
  }

  private static Settings.Connection connection(SettingGroup group, RedisUri uri) {
    boolean embedded = uri.embedded() != null;
    String user = user(group);
    String password = group.secret("password");
    Settings.CredentialsSource source = credentials(group, user, password);
    if (user != null && password == null && !source.isSet() && !embedded) {
      group.complain(
          "user",
          "is set without a password. Set connection.password or YOKEDCACHE_PASSWORD, or write"
              + " redis://user:password@host. What stands alone before the @ of a URI is a user:"
              + " for a password alone write redis://:password@host");
    }
    SettingGroup sentinel = group.child("sentinel");
    String sentinelUser = user(sentinel);
    String sentinelPassword = sentinel.secret("password");
    Settings.CredentialsSource sentinelSource =
        credentials(sentinel, sentinelUser, sentinelPassword);
    Settings.Deployment deployment =
        deployment(sentinel, uri, sentinelUser, sentinelPassword, sentinelSource.isSet());
    Settings.Address first = deployment.nodes().get(0);
    SettingGroup pool = group.child("pool");
    return new Settings.Connection(
        deployment,
        first.host(),
        first.port(),
        uri.database(),
        embedded ? null : user,
        embedded ? null : password,
        uri.tls(),
        tls(group.child("tls"), uri, uri.tls() || deployment.sentinelTls()),
        group.text("client-name", CLIENT_NAME, "printable ASCII without spaces"),
        group.duration("connect-timeout", MILLISECOND, HOUR),
        group.duration("command-timeout", MILLISECOND, HOUR),
        group.constant("executor", Settings.Executor.class),
        pool.integer("size", 1, 10_000),
        pool.duration("wait", MILLISECOND, HOUR),
        group.duration("keep-alive", Duration.ZERO, HOUR),
        circuitBreaker(group.child("circuit-breaker")),
        new Settings.Credentials(
            embedded ? Settings.CredentialsSource.NONE : source,
            embedded ? Settings.CredentialsSource.NONE : sentinelSource,
            group.child("credentials").duration("refresh", Duration.ofMillis(100), HOUR)),
        Settings.Security.NONE);
  }

  private static Settings.CircuitBreaker circuitBreaker(SettingGroup group) {
    return new Settings.CircuitBreaker(group.flag("enabled"), group.integer("failures", 1, 1_000));
  }

  /** The source of credentials in a group that may have a user and a password as well. */
  private static Settings.CredentialsSource credentials(
      SettingGroup parent, @Nullable String user, @Nullable String password) {
    SettingGroup group = parent.child("credentials");
    String provider =
        group.optionalText("provider", CLASS_NAME, "the full name of a class, or null");
    Path file = group.optionalPath("file");
    Path userFile = group.optionalPath("user-file");
    if (provider != null && (file != null || userFile != null)) {
      group.complain("provider", "is set beside a file: set one of them");
    }
    if (userFile != null && file == null) {
      group.complain("user-file", "is set without file, which has the password; set both or none");
    }
    if (userFile != null && user != null) {
      parent.complain("user", "is set beside credentials.user-file: set one of them");
    }
    if ((provider != null || file != null) && password != null) {
      parent.complain(
          "password",
          "is set beside credentials, which have the password; set one of them. It may also come"
              + " from the URI or a variable of the environment");
    }
    return new Settings.CredentialsSource(provider, file, userFile);
  }

  private static Settings.Deployment deployment(
      SettingGroup group,
      RedisUri uri,
      @Nullable String user,
      @Nullable String password,
      boolean hasSource) {
    Boolean tls = group.optionalFlag("tls");
    if (uri.kind() == Kind.SENTINEL && uri.embedded() == null) {
      if (user != null && password == null && !hasSource) {
        group.complain(
            "user",
            "is set without a password. Set connection.sentinel.password or"
                + " YOKEDCACHE_SENTINEL_PASSWORD");
      }
      return uri.deployment(user, password, tls == null ? uri.tls() : tls);
    }
    if (uri.embedded() == null) {
      refuseWithoutSentinels(group, "user", user != null);
      refuseWithoutSentinels(group, "password", password != null);
      refuseWithoutSentinels(group, "credentials", hasSource);
      refuseWithoutSentinels(group, "tls", tls != null);
    }
    return uri.deployment(
        /* sentinelUser= */ null, /* sentinelPassword= */ null, /* sentinelTls= */ false);
  }

  private static void refuseWithoutSentinels(SettingGroup group, String key, boolean isSet) {
    if (isSet) {
      group.complain(
          key,
          "is set, but the server's URI names no sentinels; write"
              + " redis-sentinel://host:port,host:port/master-name, or leave out what is in"
              + " sentinel { }");
    }
  }

  private static Settings.Tls tls(SettingGroup group, RedisUri uri, boolean used) {
    Settings.Tls tls =
        new Settings.Tls(
            group.optionalPath("trust-store"),
            group.secret("trust-store-password"),
            group.optionalPath("key-store"),
            group.secret("key-store-password"),
            group.flag("verify-host-name"),
            new Settings.Pem(
                group.optionalPath("certificates"),
                group.optionalPath("certificate"),
                group.optionalPath("key"),
                group.secret("key-password")),
            group.text("min-version", TLS_VERSION, "TLSv1.2 or TLSv1.3"),
            group.texts(
                "ciphers",
                name -> CIPHER.matcher(name).matches(),
                "names of cipher suites, such as TLS_AES_256_GCM_SHA384"));
    if (used) {
      checkFiles(group, tls);
    } else if (uri.embedded() == null) {
      refuseWithoutTls(group, uri.kind(), tls);
    }
    return tls;
  }

  private static void checkFiles(SettingGroup group, Settings.Tls tls) {
    Settings.Pem pem = tls.pem();
    requireReadable(group, "certificates", pem.certificates());
    requireReadable(group, "certificate", pem.certificate());
    requireReadable(group, "key", pem.key());
    refuseBoth(group, "certificates", pem.certificates(), "trust-store", tls.trustStore());
    refuseBoth(group, "certificate", pem.certificate(), "key-store", tls.keyStore());
    refuseAlone(group, "certificate", pem.certificate(), "key", pem.key());
    refuseAlone(group, "key", pem.key(), "certificate", pem.certificate());
    refuseHalf(group, "key", pem.key(), pem.keyPassword());
    requireReadable(group, "trust-store", tls.trustStore());
    requireReadable(group, "key-store", tls.keyStore());
    refuseHalf(group, "trust-store", tls.trustStore(), tls.trustStorePassword());
    refuseHalf(group, "key-store", tls.keyStore(), tls.keyStorePassword());
  }

  /** An application that sets a key of TLS expects an encrypted connection. */
  private static void refuseWithoutTls(SettingGroup group, Kind kind, Settings.Tls tls) {
    Map<String, Boolean> isSet = new LinkedHashMap<>();
    isSet.put("trust-store", tls.trustStore() != null);
    isSet.put("key-store", tls.keyStore() != null);
    isSet.put("trust-store-password", tls.trustStorePassword() != null);
    isSet.put("key-store-password", tls.keyStorePassword() != null);
    isSet.put("verify-host-name", !tls.verifyHostName());
    isSet.put("certificates", tls.pem().certificates() != null);
    isSet.put("certificate", tls.pem().certificate() != null);
    isSet.put("key", tls.pem().key() != null);
    isSet.put("key-password", tls.pem().keyPassword() != null);
    isSet.put("min-version", !tls.minVersion().equals(DEFAULT_TLS_VERSION));
    isSet.put("ciphers", !tls.ciphers().isEmpty());
    isSet.values().removeIf(set -> !set);
    String suffix =
        switch (kind) {
          case STANDALONE -> "";
          case CLUSTER -> "-cluster";
          case SENTINEL -> "-sentinel";
        };
    isSet.keySet().stream()
        .limit(1) // the cure of one is that of all
        .forEach(
            key ->
                group.complain(
                    key,
                    "is set, but the server's URI begins with redis"
                        + suffix
                        + "://, which is not encrypted; write rediss"
                        + suffix
                        + "://, or leave out what is in tls { }"));
  }

  private static void refuseBoth(
      SettingGroup group, String key, @Nullable Path pem, String storeKey, @Nullable Path store) {
    if (pem != null && store != null) {
      group.complain(key, "is set beside " + storeKey + ": set one of them");
    }
  }

  private static void refuseAlone(
      SettingGroup group, String key, @Nullable Path file, String otherKey, @Nullable Path other) {
    if (file != null && other == null) {
      group.complain(key, "is set without " + otherKey + "; set both or none");
    }
  }

  private static void refuseHalf(
      SettingGroup group, String key, @Nullable Path store, @Nullable String password) {
    if (store == null && password != null) {
      group.complain(
          key + "-password",
          "is set without " + key + ", the file that it opens; set both or none");
    }
  }

  private static @Nullable String user(SettingGroup group) {
    String user = group.optionalText("user", USER, "a text");
    return user == null || user.isEmpty() ? null : user;
  }

  private static void requireReadable(SettingGroup group, String key, @Nullable Path file) {
    if (file != null && !Files.isReadable(file)) {
      group.complain(key, "names " + file.toAbsolutePath() + ", which is no file to read");
    }
  }

  private static SerializationSettings serialization(SettingGroup group) {
    return new SerializationSettings(
        group.texts(
            "allow",
            name -> CLASS_OR_PACKAGE.matcher(name).matches(),
            "names of classes or packages: com.acme.Order, com.acme.* or com.acme.**"),
        group.texts("presets", PRESETS::contains, "hibernate or spring"),
        group.flag("learn"),
        group.flag("java"),
        group.number("max-depth", 1),
        group.number("max-references", 1),
        group.number("max-array-length", 1),
        group.bytes("max-bytes", 1));
  }

  private static Settings.Events events(SettingGroup group) {
    Settings.Events events =
        new Settings.Events(
            group.duration("lease", SECOND, HOUR),
            group.duration("announce", MILLISECOND, Duration.ofSeconds(10)),
            group.integer("queue-capacity", 1, 10_000_000),
            group.bytes("queue-bytes", 1),
            group.flag("expired"));
    if (events.announce().compareTo(events.lease()) >= 0) {
      group.complain("announce", "must be less than lease");
    }
    return events;
  }

  private static Settings.StaleEntries staleEntries(SettingGroup group) {
    return new Settings.StaleEntries(
        group.flag("enabled"),
        group.duration("delay", Duration.ZERO, Duration.ofDays(1)),
        group.duration("interval", SECOND, Duration.ofDays(30)),
        group.integer("page-size", 1, 1_000_000),
        group.ratio("duty-cycle"));
  }

  private static Settings.KeyStatistics keyStatistics(SettingGroup group) {
    return new Settings.KeyStatistics(
        group.flag("enabled"),
        group.duration("interval", SECOND, Duration.ofDays(30)),
        group.integer("page-size", 1, 1_000_000),
        group.ratio("duty-cycle"));
  }

  private static Settings.FailOver failOver(SettingGroup group, Duration commandTimeout) {
    Settings.FailOver failOver =
        new Settings.FailOver(
            group.integer("recent-changes", 0, 10_000_000),
            group.duration("within", SECOND, DAY),
            group.integer("wait-replicas", 0, 100),
            group.duration("wait-timeout", MILLISECOND, HOUR));
    if (failOver.waitReplicas() > 0 && failOver.waitTimeout().compareTo(commandTimeout) >= 0) {
      group.complain("wait-timeout", "must be less than connection.command-timeout");
    }
    return failOver;
  }
}
