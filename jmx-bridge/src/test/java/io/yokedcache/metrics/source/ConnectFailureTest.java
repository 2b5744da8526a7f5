package io.yokedcache.metrics.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.yokedcache.metrics.testing.PeerProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.rmi.registry.LocateRegistry;
import java.rmi.registry.Registry;
import java.rmi.server.UnicastRemoteObject;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.management.remote.JMXServiceURL;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Mistakes with targets, and what is said of them; and agents whose registry speaks TLS. */
final class ConnectFailureTest {

  /** Longer than any answer takes, also on a busy machine. */
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private static void assertFails(JMXServiceURL url, String... advice) {
    assertFails(LIMIT, url, advice);
  }

  private static void assertFails(Duration limit, JMXServiceURL url, String... advice) {
    try (RemoteJvm remote = RemoteJvm.at(url, Map.of(), limit)) {
      assertThatThrownBy(remote::read)
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("Cannot connect to " + url + ": ")
          .hasMessageContainingAll(advice)
          .message()
          .doesNotContain("\n", "nested exception");
    }
  }

  @Test
  void read_nobodyListens() throws Exception {
    assertFails(
        CacheJvm.url(PeerProcess.freePort()),
        "no process listens",
        "com.sun.management.jmxremote.port");
  }

  @Test
  void read_hostIsNotKnown() throws Exception {
    assertFails(
        new JMXServiceURL("service:jmx:rmi:///jndi/rmi://no-such-host.invalid:1/jmxrmi"),
        "the host is unknown",
        "no-such-host.invalid");
  }

  @Test
  void read_httpServer() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.start();
    try {
      assertFails(
          Duration.ofSeconds(1),
          CacheJvm.url(server.getAddress().getPort()),
          "the agent did not answer in time",
          "does another server use it");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void read_registryWithoutAgent() throws Exception {
    int port = PeerProcess.freePort();
    Registry registry = LocateRegistry.createRegistry(port);
    try {
      assertFails(CacheJvm.url(port), "the RMI registry has no JMX agent");
    } finally {
      UnicastRemoteObject.unexportObject(registry, /* force= */ true);
    }
  }

  @Test
  void read_protocolWithoutClient() throws Exception {
    assertFails(
        new JMXServiceURL("service:jmx:remote+http://127.0.0.1:9990"),
        "\"remote+http\"",
        "jboss-client.jar");
  }

  /** Reads the JVM that the argument names, with the trust that this JVM was started with. */
  public static final class Reader {

    private Reader() {}

    public static void main(String[] arguments) throws IOException {
      try (RemoteJvm remote = RemoteJvm.at(new JMXServiceURL(arguments[0]), Map.of(), LIMIT)) {
        remote.read().caches().forEach(cache -> System.out.println(cache.cache()));
      } catch (IOException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  @Test
  void read_registryWithTls(@TempDir Path folder) throws Exception {
    Path keys = folder.resolve("keys.p12");
    run(
        "keytool",
        "-genkeypair",
        "-keyalg",
        "EC",
        "-alias",
        "agent",
        "-dname",
        "CN=localhost",
        "-keystore",
        keys.toString(),
        "-storepass",
        "changeit");
    int port = PeerProcess.freePort();
    try (CacheJvm jvm =
        CacheJvm.start(
            CacheJvm.class,
            port,
            "-Dcom.sun.management.jmxremote.ssl=true",
            "-Dcom.sun.management.jmxremote.registry.ssl=true",
            "-Djavax.net.ssl.keyStore=" + keys,
            "-Djavax.net.ssl.keyStorePassword=changeit")) {
      String url = jvm.url().toString();
      List<String> trusting =
          List.of(
              "-Djavax.net.ssl.trustStore=" + keys, "-Djavax.net.ssl.trustStorePassword=changeit");

      assertThat(read(url, trusting)).contains("remote");
      assertThat(read(url, List.of()))
          .singleElement()
          .asString()
          .contains("TLS fails", "javax.net.ssl.trustStore");
    }
  }

  private static List<String> read(String url, List<String> options) throws Exception {
    return run(
        "java",
        Stream.of(
                options,
                List.of(
                    "-Xmx64m",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Reader.class.getName(),
                    url))
            .flatMap(List::stream)
            .toArray(String[]::new));
  }

  private static List<String> run(String program, String... arguments) throws Exception {
    Process process =
        new ProcessBuilder(
                Stream.concat(
                        Stream.of(
                            Path.of(System.getProperty("java.home"), "bin", program).toString()),
                        Stream.of(arguments))
                    .toList())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    List<String> lines = process.inputReader().lines().toList();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return lines;
  }
}
