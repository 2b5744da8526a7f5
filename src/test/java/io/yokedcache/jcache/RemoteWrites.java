package io.yokedcache.jcache;

import java.net.URI;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.integration.CacheLoader;

/** What another JVM does to a cache, and what a listener must hear of it. */
final class RemoteWrites {

  /** One event for each change, none for a clear() and for what did not come about. */
  static final List<String> EVENTS =
      List.of(
          "CREATED k=1/-",
          "UPDATED k=2/1",
          "UPDATED k=3/2",
          "UPDATED k=4/3",
          "UPDATED k=5/4",
          "UPDATED k=6/5",
          "UPDATED k=7/6",
          "REMOVED k=7/7",
          "CREATED k=8/-",
          "REMOVED k=8/8",
          "CREATED k=9/-",
          "REMOVED k=9/9",
          "CREATED k=10/-",
          "REMOVED k=10/10",
          "CREATED k=a/-",
          "CREATED l=b/-",
          "UPDATED k=c/a",
          "UPDATED l=d/b",
          "REMOVED k=c/c",
          "REMOVED l=d/d",
          "CREATED m=1/-",
          "REMOVED m=1/1",
          "CREATED loaded=value of loaded/-",
          "CREATED last=1/-");

  private RemoteWrites() {}

  /** Arguments: URI of the server, name of the cache. */
  public static void main(String[] args) {
    try (TestManagers managers = new TestManagers()) {
      perform(create(managers.open(URI.create(args[0])), args[1]));
    }
  }

  /** Creates a cache that reads through. */
  static Cache<String, String> create(CacheManager manager, String name) {
    MutableConfiguration<String, String> configuration =
        TestManagers.strings().setReadThrough(true).setCacheLoaderFactory(ValuesOfKeys::new);
    return manager.createCache(name, configuration);
  }

  /** Makes every kind of change once, to an empty cache. */
  static void perform(Cache<String, String> cache) {
    cache.put("k", "1");
    cache.put("k", "2");
    cache.getAndPut("k", "3");
    cache.putIfAbsent("k", "never");
    cache.replace("k", "4");
    cache.replace("k", "wrong", "never");
    cache.replace("k", "4", "5");
    cache.getAndReplace("k", "6");
    cache.invoke(
        "k",
        (entry, arguments) -> {
          entry.setValue("7");
          return "done";
        });
    cache.invoke(
        "k",
        (entry, arguments) -> {
          entry.remove();
          return "done";
        });
    cache.replace("k", "never");
    cache.remove("k");
    cache.putIfAbsent("k", "8");
    cache.remove("k", "wrong");
    cache.remove("k", "8");
    cache.getAndPut("k", "9");
    cache.getAndRemove("k");
    cache.invoke(
        "k",
        (entry, arguments) -> {
          entry.setValue("10");
          return "done";
        });
    cache.remove("k");
    cache.putAll(inOrder("k", "a", "l", "b"));
    cache.putAll(inOrder("k", "c", "l", "d"));
    cache.removeAll(new LinkedHashSet<>(List.of("k", "l", "absent")));
    cache.put("m", "1");
    cache.removeAll();
    cache.get("loaded");
    cache.clear();
    cache.put("last", "1");
  }

  private static Map<String, String> inOrder(String key, String value, String key2, String value2) {
    Map<String, String> map = new LinkedHashMap<>();
    map.put(key, value);
    map.put(key2, value2);
    return map;
  }

  /** Loads a value for the keys that ask to be loaded. */
  static final class ValuesOfKeys implements CacheLoader<String, String> {

    @Override
    public String load(String key) {
      return "value of " + key;
    }

    @Override
    public Map<String, String> loadAll(Iterable<? extends String> keys) {
      Map<String, String> all = new LinkedHashMap<>();
      keys.forEach(key -> all.put(key, load(key)));
      return all;
    }
  }
}
