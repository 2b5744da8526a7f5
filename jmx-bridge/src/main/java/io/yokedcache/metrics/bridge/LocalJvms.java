package io.yokedcache.metrics.bridge;

import com.sun.tools.attach.VirtualMachine;
import com.sun.tools.attach.VirtualMachineDescriptor;
import java.util.List;

/** The JVMs of this user on this machine. */
final class LocalJvms {

  private static final int MOST_SHOWN = 20;

  private LocalJvms() {}

  /** A sentence that lists them, after a space; empty if there are none. */
  static String describe() {
    List<String> found =
        list().stream()
            .filter(jvm -> !jvm.id().equals(String.valueOf(ProcessHandle.current().pid())))
            .limit(MOST_SHOWN)
            .map(jvm -> jvm.id() + " " + firstWord(jvm.displayName()))
            .toList();
    return found.isEmpty() ? "" : " JVMs of this user: " + String.join(", ", found);
  }

  /** Whether a process is known to be a JVM. */
  static boolean has(long pid) {
    return list().stream().anyMatch(jvm -> jvm.id().equals(String.valueOf(pid)));
  }

  private static List<VirtualMachineDescriptor> list() {
    try {
      return VirtualMachine.list();
    } catch (LinkageError noAttachModule) {
      return List.of();
    }
  }

  /** The main class or jar, without the application's arguments: they may have secrets. */
  private static String firstWord(String displayName) {
    String first = displayName.split(" ", 2)[0];
    return first.substring(first.lastIndexOf('/') + 1);
  }
}
