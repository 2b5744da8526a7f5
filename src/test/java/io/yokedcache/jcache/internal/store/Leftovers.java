package io.yokedcache.jcache.internal.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.Connection;
import redis.clients.jedis.Protocol.Command;

/** What a test leaves behind of threads and connections, from the moment this is made. */
public final class Leftovers {

  private static final Duration LIMIT = Duration.ofSeconds(20);

  /** Groups of threads of the JVM's own, which wait for processes or run virtual threads. */
  private static final Set<String> OF_THE_JVM =
      Set.of("system", "InnocuousThreadGroup", "CarrierThreads");

  /** Awaitility's thread waits in here; JUnit starts its own when it first needs it. */
  private static final Set<String> OF_TOOLS =
      Set.of("awaitility-thread", "junit-jupiter-timeout-watcher");

  private final Set<Thread> before = threads();

  private static Set<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(Leftovers::isOurs)
        .collect(Collectors.toSet());
  }

  private static boolean isOurs(Thread thread) {
    ThreadGroup group = thread.getThreadGroup(); // null once it has ended
    return group != null
        && !OF_THE_JVM.contains(group.getName())
        && !OF_TOOLS.contains(thread.getName());
  }

  /** Fails if there are threads that were not there before, and do not end soon. */
  public void assertNoThreads() {
    await()
        .atMost(LIMIT)
        .untilAsserted(() -> assertThat(threads()).as("threads that were left").isSubsetOf(before));
  }

  /** Fails if there are more connections of that name, and they do not end soon. */
  public static void assertConnections(int port, String clientName, int least, int most) {
    try (Connection observer = new Connection("127.0.0.1", port)) {
      await()
          .atMost(LIMIT)
          .untilAsserted(
              () -> assertThat(connections(observer, clientName)).isBetween(least, most));
    }
  }

  private static int connections(Connection observer, String clientName) {
    Object clients = observer.executeCommand(new CommandArguments(Command.CLIENT).add("LIST"));
    return (int)
        new String((byte[]) clients, UTF_8)
            .lines()
            .filter(line -> line.contains(" name=" + clientName + " "))
            .count();
  }
}
