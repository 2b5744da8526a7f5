package io.yokedcache.metrics.source;

import com.github.benmanes.caffeine.jcache.spi.CaffeineCachingProvider;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.cache.Cache;
import javax.cache.CacheManager;
import javax.cache.Caching;
import javax.cache.configuration.MutableConfiguration;
import javax.cache.spi.CachingProvider;
import javax.management.remote.JMXServiceURL;

/** Another JVM with a JMX agent and one cache of another provider, until it is closed. */
public final class CacheJvm implements AutoCloseable {

  private final Process process;
  private final int port;

  private CacheJvm(Process process, int port) {
    this.process = process;
    this.port = port;
  }

  /** Puts one entry, gets it twice and another one once; runs until its input ends. */
  public static void main(String[] arguments) throws IOException {
    try (CachingProvider provider =
            Caching.getCachingProvider(CaffeineCachingProvider.class.getName());
        CacheManager manager = provider.getCacheManager()) {
      Cache<String, String> cache =
          manager.createCache(
              "remote", new MutableConfiguration<String, String>().setStatisticsEnabled(true));
      cache.put("a", "1");
      cache.get("a");
      cache.get("a");
      cache.get("b");
      System.out.println("ready");
      while (System.in.read() >= 0) {
        // whoever started this JVM keeps its input open
      }
    }
  }

  /** Starts a JVM and waits until its cache is there. */
  public static CacheJvm start(int port) throws IOException {
    return start(CacheJvm.class, port);
  }

  /** Starts a JVM that runs a class which ends by calling {@link #main}. */
  static CacheJvm start(Class<?> main, int port) throws IOException {
    return start(main, port, "-Dcom.sun.management.jmxremote.ssl=false");
  }

  /** Starts a JVM with further options, which say whether its agent speaks TLS. */
  static CacheJvm start(Class<?> main, int port, String... options) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-Dcom.sun.management.jmxremote.host=127.0.0.1",
                "-Dcom.sun.management.jmxremote.port=" + port,
                "-Dcom.sun.management.jmxremote.rmi.port=" + port,
                "-Dcom.sun.management.jmxremote.authenticate=false",
                "-Djava.rmi.server.hostname=127.0.0.1"));
    command.addAll(List.of(options));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    CacheJvm jvm = new CacheJvm(process, port);
    String line = process.inputReader().readLine();
    if (!"ready".equals(line)) {
      jvm.close();
      throw new IOException("The JVM with the cache did not start: " + line);
    }
    return jvm;
  }

  /** Where its JMX agent listens. */
  public JMXServiceURL url() throws IOException {
    return url(port);
  }

  /** Where an agent on that port listens. */
  public static JMXServiceURL url(int port) throws IOException {
    return new JMXServiceURL("service:jmx:rmi:///jndi/rmi://127.0.0.1:" + port + "/jmxrmi");
  }

  /** The process, so that it can be found by its id. */
  public long pid() {
    return process.pid();
  }

  /** Sends a signal, such as STOP, after which it hangs, or CONT. */
  public void signal(String name) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(pid())).start();
    if (!kill.waitFor(20, TimeUnit.SECONDS) || kill.exitValue() != 0) {
      throw new IOException("Cannot send " + name + " to " + pid());
    }
  }

  /** Kills it; it has no chance to say so. */
  @Override
  public void close() {
    process.destroyForcibly();
    process.onExit().orTimeout(20, TimeUnit.SECONDS).join();
  }
}
