package io.yokedcache.jcache.internal.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.metrics.ConnectionStatistics;
import io.yokedcache.jcache.internal.metrics.RoundTripTimer;
import io.yokedcache.jcache.internal.redis.RedisExecutor;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The order in which a walk reads the pages of several masters. */
final class KeyWalkTest {

  private static final int PAGES = 20;

  /** The masters whose pages were read, in order. */
  private final Queue<String> read = new ConcurrentLinkedQueue<>();

  /** A master with a number of pages, each of one name; all scripts succeed. */
  private class Master implements RedisExecutor {

    private final String name;
    private int page;

    Master(String name) {
      this.name = name;
    }

    @Override
    public List<@Nullable Object> execute(Request request) {
      if (!request.commands().get(0).getCommand().toString().equals("SCAN")) {
        return List.of(1L);
      }
      read.add(name);
      page++;
      String cursor = page == PAGES ? "0" : Integer.toString(page);
      return List.of(List.of(bytes(cursor), List.of(bytes(name + page))));
    }

    @Override
    public List<List<@Nullable Object>> executeAll(List<Request> requests) {
      throw new AssertionError("not asked");
    }

    @Override
    public List<RedisExecutor> masters() {
      return List.of(this);
    }

    @Override
    public RedisExecutor timedBy(Supplier<RoundTripTimer> timer) {
      return this;
    }

    @Override
    public String address() {
      return name;
    }

    @Override
    public ConnectionStatistics.Counts connections() {
      throw new AssertionError("not asked");
    }

    @Override
    public void close() {}
  }

  private final class Cluster extends Master {

    private final List<RedisExecutor> masters =
        IntStream.range(0, 3).<RedisExecutor>mapToObj(i -> new Master("master" + i)).toList();

    Cluster() {
      super("cluster");
    }

    @Override
    public List<RedisExecutor> masters() {
      return masters;
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void run_mastersByTurns() throws Exception {
    ScheduledExecutorService background = Executors.newSingleThreadScheduledExecutor();
    try {
      Cluster cluster = new Cluster();
      CompletableFuture<KeyWalk.End> ended = new CompletableFuture<>();
      Queue<String> names = new ConcurrentLinkedQueue<>();
      KeyWalk walk =
          new KeyWalk(
              new KeyWalk.Task(
                  new KeyWalk.Texts("test", "%s", "none"),
                  cluster,
                  background,
                  "yc",
                  new KeyWalk.Load(/* pageSize= */ 1, /* dutyCycle= */ 0.5),
                  bytes("lease"),
                  Duration.ofMinutes(1))) {
            @Override
            double handle(List<byte[]> page) {
              page.forEach(name -> names.add(new String(name, StandardCharsets.US_ASCII)));
              return 0.5;
            }

            @Override
            void publish() {}

            @Override
            void ended(End end) {
              ended.complete(end);
            }
          };
      background.execute(walk);

      assertThat(ended.get(20, TimeUnit.SECONDS)).isEqualTo(KeyWalk.End.COMPLETED);
      assertThat(names).doesNotHaveDuplicates().hasSize(3 * PAGES);
      // How long a page takes decides about the order of the later ones.
      assertThat(List.copyOf(read).subList(0, 3))
          .containsExactlyInAnyOrder("master0", "master1", "master2");
      assertThat(read).hasSize(3 * PAGES);
    } finally {
      background.shutdownNow();
    }
  }
}
