package io.yokedcache.jcache.internal.embedded;

import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;

/** Another JVM that starts private servers, says where they are, and waits to be ended. */
final class EmbeddedRedisChild {

  private EmbeddedRedisChild() {}

  /**
   * Prints the server's process id and port, or all process ids of a deployment.
   *
   * @param args nothing for one server, or {@code cluster}, or {@code sentinel}
   */
  public static void main(String[] args) throws IOException {
    RedisBinaries binaries = RedisBinaries.ofThisMachine();
    switch (args.length == 0 ? "server" : args[0]) {
      case "cluster" -> print(EmbeddedCluster.start(binaries, 3, 1).processes());
      case "sentinel" -> print(EmbeddedSentinel.start(binaries, 1).processes());
      default -> {
        EmbeddedRedis server = EmbeddedRedis.start();
        System.out.println(server.pid() + " " + server.port());
      }
    }
    int endOfInput = System.in.read();
    System.exit(endOfInput);
  }

  private static void print(List<RedisProcess> processes) {
    System.out.println(
        processes.stream()
            .map(process -> Long.toString(process.pid()))
            .collect(Collectors.joining(" ")));
  }
}
