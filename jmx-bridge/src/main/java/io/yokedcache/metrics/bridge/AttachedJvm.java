package io.yokedcache.metrics.bridge;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import com.sun.tools.attach.VirtualMachineDescriptor;
import io.yokedcache.metrics.source.RemoteJvm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.management.remote.JMXServiceURL;

/**
 * A JVM on this machine, by its process id. Its JMX agent is started when it is to be connected.
 * Thread-safe.
 */
record AttachedJvm(long pid) implements RemoteJvm.Address {

  private static final long SIGQUIT_BIT = 1L << 2;
  private static final int MOST_SHOWN = 20;

  private boolean isRunning() {
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }

  @Override
  public JMXServiceURL find() throws IOException {
    requireJvm();
    try {
      return new JMXServiceURL(Attaching.startAgent(pid));
    } catch (LinkageError e) {
      throw failed(
          "this Java runtime has no module jdk.attach: run the bridge on a JDK, or on a runtime"
              + " made by jlink with that module",
          e);
    } catch (IOException e) {
      throw failed(reason(e), e);
    }
  }

  private String reason(IOException failure) {
    String owner = ProcessHandle.of(pid).flatMap(process -> process.info().user()).orElse("");
    String own = ProcessHandle.current().info().user().orElse("");
    if (!owner.isEmpty() && !own.isEmpty() && !owner.equals(own)) {
      return String.format(
          "it is a process of %s, and the bridge one of %s: run the bridge as %s",
          owner, own, owner);
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
        String.format(
            "Cannot attach to process %s: %s. Else start that JVM with"
                + " -Dcom.sun.management.jmxremote.port and use --url",
            pid, reason),
        cause);
  }

  /**
   * Attaching sends the signal QUIT, which ends a process that is not a JVM: by default, or because
   * the process ends by that signal, as nginx does.
   */
  private void requireJvm() throws IOException {
    if (!isRunning()) {
      throw new IOException(
          String.format(
              "Process %s does not exist (any more). A restarted process has another number: use"
                  + " --url for JVMs that restart",
              pid));
    }
    Path status = Path.of("/proc/" + pid + "/status");
    boolean isJvm =
        Files.isReadable(status)
            ? catchesQuit(status) && hasLibrary()
            : jvms().containsKey(String.valueOf(pid));
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

  /** Whether the process has the library of a JVM, as far as this user may see that. */
  private boolean hasLibrary() {
    try (Stream<String> mapped = Files.lines(Path.of("/proc/" + pid + "/maps"), ISO_8859_1)) {
      return mapped.anyMatch(line -> line.contains("/libjvm."));
    } catch (IOException | UncheckedIOException notVisible) {
      return true; // attaching fails for the process of another user, and tells that
    }
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
