package io.yokedcache.jcache.stress;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Jedis;

/**
 * The changes of each key, which the JVMs share without the caches, as plain strings of a Redis.
 * Each string has one writer. For one thread.
 */
final class SecondTruth implements AutoCloseable {

  private static final int TIMEOUT_MILLIS = 20_000;

  private final Jedis jedis;
  private final int worker;
  private final int keys;
  private final String[] names;

  /**
   * Connects.
   *
   * @param worker this JVM
   * @param workers how many JVMs there are
   */
  SecondTruth(int port, int worker, int workers, int keys) {
    this.jedis = new Jedis("127.0.0.1", port, TIMEOUT_MILLIS);
    this.worker = worker;
    this.keys = keys;
    this.names =
        Stream.concat(
                IntStream.range(0, keys).mapToObj(SecondTruth::written),
                IntStream.range(0, workers)
                    .boxed()
                    .flatMap(by -> IntStream.range(0, keys).mapToObj(key -> cleared(by, key))))
            .toArray(String[]::new);
  }

  private static String written(int key) {
    return "truth:written:" + key;
  }

  private static String cleared(int worker, int key) {
    return "truth:cleared:" + worker + ":" + key;
  }

  /** Tells that the last acknowledged change of a key has that number. */
  void tellChanged(int key, long number) {
    jedis.set(written(key), Long.toString(number));
  }

  /** The numbers of the last changes of all keys that were told of. */
  long[] changes() {
    List<@Nullable String> texts =
        jedis.mget(IntStream.range(0, keys).mapToObj(SecondTruth::written).toArray(String[]::new));
    return texts.stream().mapToLong(SecondTruth::number).toArray();
  }

  /** Tells that keys with those numbers, or lesser ones, were there before a clear. */
  void tellCleared(List<Integer> clearedKeys, long[] before) {
    String[] namesAndNumbers = new String[2 * clearedKeys.size()];
    int i = 0;
    for (int key : clearedKeys) {
      namesAndNumbers[i++] = cleared(worker, key);
      namesAndNumbers[i++] = Long.toString(before[key] + 1);
    }
    jedis.mset(namesAndNumbers);
  }

  /** Learns all that was told. */
  void learn(LeastNumbers least) {
    List<@Nullable String> texts = jedis.mget(names);
    for (int i = 0; i < texts.size(); i++) {
      least.learn(i % keys, number(texts.get(i)));
    }
  }

  private static long number(@Nullable String text) {
    return text == null ? 0 : Long.parseLong(text);
  }

  @Override
  public void close() {
    jedis.close();
  }
}
