package io.yokedcache.jcache.internal.embedded;

import java.io.IOException;

/** A JVM of its own that starts a private server, says where it is, and waits to be ended. */
final class EmbeddedRedisChild {

  private EmbeddedRedisChild() {}

  public static void main(String[] args) throws IOException {
    EmbeddedRedis server = EmbeddedRedis.start();
    System.out.println(server.pid() + " " + server.port());
    int endOfInput = System.in.read();
    System.exit(endOfInput);
  }
}
