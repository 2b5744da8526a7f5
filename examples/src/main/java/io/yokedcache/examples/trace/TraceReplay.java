package io.yokedcache.examples.trace;

import io.yokedcache.examples.Arguments;
import io.yokedcache.examples.Progress;
import io.yokedcache.examples.UsageException;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import javax.cache.Cache;
import javax.cache.CacheException;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;

/**
 * Replays a recorded sequence of accesses against the cache: each is a {@code get}, and after a
 * miss a {@code put}. Prints throughput, hit rate and latency, and checks that no hit was lost:
 * nothing expires here, so only the first access of a key may miss.
 *
 * <p>Exits with 0 if the figures are exact, 1 if they are not or the cache failed, 2 if the command
 * line or the file is wrong.
 */
public final class TraceReplay {

  private static final String USAGE =
      """
      Usage: TraceReplay FILE [--uri URI] [--threads N] [--limit N] [--value-size BYTES]
        FILE          big-endian 32-bit integers, each the key of one access; may end in .xz
        --uri         the server, default embedded:redis (a private one)
        --threads     1 to 1024, default 4
        --limit       the most accesses, default all
        --value-size  4 to 16777216 bytes, default 100\
      """;

  private static final String CACHE = "trace-replay";

  private TraceReplay() {}

  /**
   * Runs the replay.
   *
   * @param args see the usage text, which is printed if they are wrong
   * @throws InterruptedException if this thread is interrupted
   */
  public static void main(String[] args) throws InterruptedException {
    int exitCode = run(args, System.out, System.err);
    if (exitCode != 0) {
      System.exit(exitCode);
    }
  }

  static int run(String[] args, PrintStream out, PrintStream err) throws InterruptedException {
    try {
      Set<String> options = Set.of("--uri", "--threads", "--limit", "--value-size");
      Arguments arguments = new Arguments(args, options, Set.of(), 1);
      try (Trace trace = Trace.open(file(arguments))) {
        return replay(trace, arguments, out) ? 0 : 1;
      }
    } catch (UsageException e) {
      err.println(e.getMessage());
      err.println(USAGE);
      return 2;
    } catch (IOException e) {
      err.println(e.getMessage());
      return 2;
    } catch (CacheException | ExecutionException e) {
      err.println("The replay failed: " + e.getMessage());
      return 1;
    }
  }

  private static Path file(Arguments arguments) throws UsageException {
    String name = arguments.positional(0);
    if (name == null) {
      throw new UsageException("Which file?");
    }
    try {
      return Path.of(name);
    } catch (InvalidPathException e) {
      throw new UsageException("Not a file name: " + name, e);
    }
  }

  private static boolean replay(Trace trace, Arguments arguments, PrintStream out)
      throws UsageException, IOException, InterruptedException, ExecutionException {
    String uriText = arguments.text("--uri");
    URI uri = Arguments.uri(uriText == null ? "embedded:redis" : uriText);
    int threads = (int) arguments.number("--threads", 4, 1, 1024);
    long limit = arguments.number("--limit", Long.MAX_VALUE, 1, Long.MAX_VALUE);
    int valueSizeBytes = (int) arguments.number("--value-size", 100, Integer.BYTES, 1 << 24);

    try (CachingProvider provider = Caching.getCachingProvider();
        CacheManager manager = provider.getCacheManager(uri, null)) {
      MutableConfiguration<Integer, byte[]> configuration =
          new MutableConfiguration<Integer, byte[]>().setTypes(Integer.class, byte[].class);
      Cache<Integer, byte[]> cache = manager.createCache(CACHE, configuration);
      cache.clear();
      Replay replay = new Replay(cache, threads, valueSizeBytes);
      long startNanos = System.nanoTime();
      ReplayResult result;
      try (Progress progress = new Progress(out, replay::progress)) {
        progress.start();
        result = replay.run(trace, limit);
      }
      out.println(result.describe(System.nanoTime() - startNanos));
      if (result.hits() < result.expectedHits()) {
        out.println("Hits are lost if the server evicts (maxmemory) or others clear the cache.");
      }
      manager.destroyCache(CACHE);
      return result.isExact();
    }
  }
}
