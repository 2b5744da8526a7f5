package io.yokedcache.jcache.stress;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Child JVMs that run together: one that fails ends the run at once, and all are dead at close. */
final class JvmPool implements AutoCloseable {

  private final List<ChildJvm> children = new ArrayList<>();

  private JvmPool() {}

  /** Starts {@code size} JVMs; {@code arguments} makes those of {@code main} from the index. */
  static JvmPool start(int size, Class<?> main, IntFunction<List<String>> arguments)
      throws IOException {
    JvmPool pool = new JvmPool();
    try {
      for (int i = 0; i < size; i++) {
        pool.children.add(ChildJvm.start("worker-" + i, main, arguments.apply(i)));
      }
      return pool;
    } catch (IOException | RuntimeException e) {
      try (pool) {
        throw e;
      }
    }
  }

  /**
   * Returns the output of every JVM, in the order of their indexes.
   *
   * @throws ExecutionException as soon as one JVM fails
   * @throws TimeoutException if one is not done in time; its message has all output so far
   */
  List<String> await(Duration timeout)
      throws InterruptedException, ExecutionException, TimeoutException {
    CompletableFuture<Void> firstFailure = new CompletableFuture<>();
    List<CompletableFuture<String>> results =
        children.stream()
            .map(ChildJvm::result)
            .map(result -> result.whenComplete((output, failure) -> report(failure, firstFailure)))
            .toList();
    CompletableFuture<Void> all =
        CompletableFuture.allOf(results.toArray(CompletableFuture[]::new));
    try {
      CompletableFuture.anyOf(all, firstFailure).get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      TimeoutException withOutput =
          new TimeoutException(
              "Not done after "
                  + timeout
                  + ":\n"
                  + children.stream().map(ChildJvm::output).collect(Collectors.joining("\n")));
      withOutput.initCause(e);
      throw withOutput;
    }
    return results.stream().map(CompletableFuture::join).toList();
  }

  private static void report(@Nullable Throwable failure, CompletableFuture<Void> firstFailure) {
    if (failure != null) {
      firstFailure.completeExceptionally(failure);
    }
  }

  @Override
  public void close() throws IOException {
    IOException first = null;
    for (ChildJvm child : children) {
      try {
        child.close();
      } catch (IOException e) {
        if (first == null) {
          first = e;
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
