package io.yokedcache.jcache.stress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A worker that died or hangs must not pass for one that did its share. */
final class JvmPoolTest {

  private static final Duration LONG = Duration.ofSeconds(60);
  private static final Duration SHORT = Duration.ofMillis(500);

  @Test
  void await_allSucceed() throws Exception {
    try (JvmPool pool = JvmPool.start(2, Child.class, index -> List.of("print", "I am " + index))) {
      assertThat(pool.await(LONG).stream().map(String::strip)).containsExactly("I am 0", "I am 1");
    }
  }

  @Test
  void await_oneFailsWhileAnotherHangs() throws Exception {
    try (JvmPool pool =
        JvmPool.start(2, Child.class, index -> List.of(index == 0 ? "hang" : "fail", "no luck"))) {
      assertThatThrownBy(() -> pool.await(LONG))
          .isInstanceOf(ExecutionException.class)
          .hasMessageContaining("worker-1 ended with exit code 1")
          .hasMessageContaining("no luck");
    }
  }

  @Test
  void close_hangingJvm() throws Exception {
    Set<ProcessHandle> others = children();
    Set<ProcessHandle> started;
    try (JvmPool pool = JvmPool.start(1, Child.class, index -> List.of("hang", "still here"))) {
      assertThatThrownBy(() -> pool.await(SHORT)).isInstanceOf(TimeoutException.class);
      started = children();
      started.removeAll(others);
      assertThat(started).hasSize(1).allMatch(ProcessHandle::isAlive);
    }

    assertThat(started).noneMatch(ProcessHandle::isAlive);
  }

  @Test
  void parse_noReport() {
    assertThatThrownBy(() -> WorkerReport.parse("Killed\n"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("0 reports")
        .hasMessageContaining("Killed");
  }

  @Test
  void parse_reportAmongOtherLines() {
    WorkerReport report = new WorkerReport(3, 10, 12, 9, 45, 678);

    assertThat(WorkerReport.parse("warn" + report.toLine() + "\nwarning\n")).isEqualTo(report);
  }

  private static Set<ProcessHandle> children() {
    return ProcessHandle.current().children().collect(Collectors.toCollection(HashSet::new));
  }

  /** A JVM that ends as it is told to. */
  static final class Child {

    private Child() {}

    /** Arguments: {@code print}, {@code fail} or {@code hang}, and what to say before. */
    public static void main(String[] args) throws InterruptedException {
      System.out.println(args[1]);
      switch (args[0]) {
        case "fail" -> throw new IllegalStateException("told to fail");
        case "hang" -> new CountDownLatch(1).await();
        default -> {}
      }
    }
  }
}
