package io.yokedcache.metrics.bridge;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import com.sun.tools.attach.VirtualMachineDescriptor;
import io.yokedcache.metrics.source.CacheReadings;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.RemoteJvm;
import io.yokedcache.metrics.source.Selection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.management.remote.JMXServiceURL;
import org.jspecify.annotations.Nullable;

/**
 * Reads the caches of a JVM on this machine, whose JMX agent it starts with the first reading. An
 * attempt that failed is made again after some seconds. Thread-safe.
 */
final class AttachedJvm implements CacheSource, AutoCloseable {

  private static final long PAUSE_NANOS = Duration.ofSeconds(5).toNanos();
  private static final long SIGQUIT_BIT = 1L << 2;
  private static final int MOST_SHOWN = 20;

  private final long pid;
  private final Duration timeLimit;

  // Guarded by this.
  private @Nullable RemoteJvm remote;
  private @Nullable IOException failure;
  private long failedNanos;

  AttachedJvm(long pid, Duration timeLimit) {
    this.pid = pid;
    this.timeLimit = timeLimit;
  }

  /** What the connection is asked for. */
  private interface Use {
    CacheReadings of(RemoteJvm remote) throws IOException;
  }

  @Override
  public CacheReadings read() throws IOException {
    return use(RemoteJvm::read);
  }

  @Override
  public CacheReadings readFigures() throws IOException {
    return use(RemoteJvm::readFigures);
  }

  @Override
  public CacheReadings read(Selection wanted) throws IOException {
    return use(jvm -> jvm.read(wanted));
  }

  private CacheReadings use(Use use) throws IOException {
    try {
      return use.of(remote());
    } catch (IOException e) {
      throw isRunning() ? e : gone(e);
    }
  }

  private boolean isRunning() {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }

  private IOException gone(@Nullable Throwable cause) {
    return new IOException(
        "Process "
            + pid
            + " does not exist (any more). A restarted process has another number: use --url for JVMs"
            + " that restart",
        cause);
  }

  private synchronized RemoteJvm remote() throws IOException {
    RemoteJvm known = remote;
    if (known != null) {
      return known;
    }
    if (failure != null && System.nanoTime() - failedNanos < PAUSE_NANOS) {
      throw new IOException(failure.getMessage(), failure);
    }
    try {
      RemoteJvm attached =
          RemoteJvm.at(new JMXServiceURL(startAgent()), /* environment= */ Map.of(), timeLimit);
      remote = attached;
      return attached;
    } catch (IOException e) {
      failure = e;
      failedNanos = System.nanoTime();
      throw e;
    }
  }

  private String startAgent() throws IOException {
    requireJvm();
    try {
      return Attaching.startAgent(pid);
    } catch (LinkageError e) {
      throw failed(
          "this Java runtime has no module jdk.attach: run the bridge on a JDK, or on a runtime made"
              + " by jlink with that module",
          e);
    } catch (IOException e) {
      throw failed(reason(e), e);
    }
  }

  private String reason(IOException failure) {
    String owner = ProcessHandle.of(pid).flatMap(process -> process.info().user()).orElse("");
    String own = ProcessHandle.current().info().user().orElse("");
    if (!owner.isEmpty() && !own.isEmpty() && !owner.equals(own)) {
      return "it is a process of "
          + owner
          + ", and the bridge one of "
          + own
          + ": run the bridge as "
          + owner;
    }
    try (Stream<String> lines = Files.lines(Path.of("/proc/" + pid + "/status"))) {
      if (lines.anyMatch(line -> line.matches("NSpid:\\s+\\d+\\s+\\d+.*"))) {
        return "it runs in a container: run the bridge in there too ("
            + BridgeMain.line(failure)
            + ")";
      }
    } catch (IOException | UncheckedIOException noSuchFile) {
      // Not Linux, or gone.
    }
    return BridgeMain.line(failure)
        + ": the bridge must run as the same user and see the same /tmp";
  }

  private IOException failed(String reason, Throwable cause) {
    return new IOException(
        "Cannot attach to process "
            + pid
            + ": "
            + reason
            + ". Else start that JVM with -Dcom.sun.management.jmxremote.port and use --url",
        cause);
  }

  /** Attaching sends the signal QUIT, which ends a process that is not a JVM. */
  private void requireJvm() throws IOException {
    if (!isRunning()) {
      throw gone(/* cause= */ null);
    }
    Path status = Path.of("/proc/" + pid + "/status");
    boolean isJvm =
        Files.isReadable(status) ? catchesQuit(status) : jvms().containsKey(String.valueOf(pid));
    if (!isJvm) {
      throw new IOException(
          "Process " + pid + " is not a JVM, or has only just started." + describeOthers());
    }
  }

  private static boolean catchesQuit(Path status) throws IOException {
    List<String> lines = Files.readAllLines(status);
    return lines.stream()
        .filter(line -> line.startsWith("SigCgt:"))
        .anyMatch(
            line -> (Long.parseUnsignedLong(line.substring(7).strip(), 16) & SIGQUIT_BIT) != 0);
  }

  /** A sentence that lists the JVMs of this user, after a space; empty if there are none. */
  static String describeOthers() {
    Map<String, String> others = new TreeMap<>(jvms());
    others.remove(String.valueOf(ProcessHandle.current().pid()));
    return others.isEmpty()
        ? ""
        : others.entrySet().stream()
            .limit(MOST_SHOWN)
            .map(jvm -> jvm.getKey() + " " + jvm.getValue())
            .collect(Collectors.joining(", ", " JVMs of this user: ", ""));
  }

  private static Map<String, String> jvms() {
    try {
      return Attaching.jvms();
    } catch (LinkageError noAttachModule) {
      return Map.of();
    }
  }

  @Override
  public void close() {
    RemoteJvm last;
    synchronized (this) {
      last = remote;
    }
    if (last != null) {
      last.close();
    }
  }

  /** All that needs the module jdk.attach: without it, this class cannot be linked. */
  private static final class Attaching {

    static String startAgent(long pid) throws IOException {
      try {
        VirtualMachine machine = VirtualMachine.attach(String.valueOf(pid));
        try {
          return machine.startLocalManagementAgent();
        } finally {
          machine.detach();
        }
      } catch (AttachNotSupportedException e) {
        throw new IOException(
            "it does not answer as a JVM, or forbids it (-XX:+DisableAttachMechanism)", e);
      }
    }

    /** The main class or jar by process id, without arguments: they may have secrets. */
    static Map<String, String> jvms() {
      Map<String, String> found = new HashMap<>();
      for (VirtualMachineDescriptor jvm : VirtualMachine.list()) {
        String first = jvm.displayName().split(" ", 2)[0];
        found.put(jvm.id(), first.substring(first.lastIndexOf('/') + 1));
      }
      return found;
    }
  }
}
