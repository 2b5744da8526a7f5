package io.yokedcache.jcache;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * Uses caches with every operation and prints what it sees: the same in every JVM, whatever its
 * locale, time zone and character set are.
 */
final class LocalesChild {

  /** With letters that change their case differently in Turkish, and what must be escaped. */
  private static final String ODD = "ORDERS {iI\u0130\u0131} #1 %d";

  private LocalesChild() {}

  /** Argument: the server's URI. */
  public static void main(String[] args) throws JMException {
    PrintStream out = new PrintStream(System.out, /* autoFlush= */ true, StandardCharsets.UTF_8);
    try (YokedCachingProvider provider = new YokedCachingProvider();
        CacheManager manager = provider.getCacheManager(URI.create(args[0]), null)) {
      texts(manager, out);
      keys(manager, out);
      beans(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void texts(CacheManager manager, PrintStream out) {
    Cache<String, String> cache =
        manager.createCache(
            ODD,
            new MutableConfiguration<String, String>()
                .setTypes(String.class, String.class)
                .setStatisticsEnabled(true)
                .setManagementEnabled(true));
    cache.remove("left");
    cache.put("I", "1234567");
    cache.putAll(Map.of("a", "b", "\u0130", "c"));
    out.println(cache.get("I") + cache.getAll(Set.of("a", "\u0130")).size());
    out.println(cache.putIfAbsent("new", "x") + " " + cache.containsKey("new"));
    out.println(cache.replace("new", "x", "y") + " " + cache.getAndReplace("new", "z"));
    out.println(cache.remove("new", "z") + " " + cache.getAndPut("a", "d"));
    String invoked = cache.invoke("a", (entry, arguments) -> entry.getValue() + entry.exists());
    out.println(invoked);
    Set<String> seen = new TreeSet<>();
    cache.forEach(entry -> seen.add(entry.getKey()));
    out.println(seen);
    cache.removeAll(Set.of("a"));
    out.println(cache.getAndRemove("I") + " " + cache.remove("I"));
    cache.removeAll();
    cache.clear();
    cache.put("left", "for the next JVM");
  }

  /** Finds what other JVMs have put under keys of all kinds, and puts it back. */
  @SuppressWarnings("JavaUtilDate") // old as it is, applications have keys of it
  private static void keys(CacheManager manager, PrintStream out) throws IOException {
    Cache<Object, String> cache = manager.createCache("keys", new MutableConfiguration<>());
    List<Object> keys =
        List.of(
            1234567L,
            -5,
            1.5,
            new BigDecimal("1234.50"),
            new UUID(1, 2),
            Instant.EPOCH,
            new Date(0),
            new java.sql.Timestamp(1_000),
            Locale.forLanguageTag("th-TH-u-nu-thai"),
            URI.create("HTTP://I.example.com/%c4%b0"),
            Thread.State.WAITING,
            List.of("I", 7),
            "title");
    for (Object key : keys) {
      out.println(key.getClass().getName() + " " + cache.putIfAbsent(key, "I") + cache.get(key));
    }
    Set<Object> found = new HashSet<>();
    cache.forEach(entry -> found.add(entry.getKey()));
    out.println(found.equals(new HashSet<>(keys)) + " " + found.size());
  }

  private static void beans(PrintStream out) throws JMException {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    Set<String> names = new TreeSet<>();
    for (String domain : List.of("javax.cache:*", "io.yokedcache:*")) {
      for (ObjectName name : server.queryNames(new ObjectName(domain), null)) {
        names.add(name.getCanonicalName());
      }
    }
    names.forEach(out::println);
  }
}
