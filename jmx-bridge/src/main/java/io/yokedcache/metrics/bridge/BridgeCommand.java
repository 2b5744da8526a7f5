package io.yokedcache.metrics.bridge;

import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.IVersionProvider;

/** What is there to do. */
@Command(
    name = "yokedcache-jmx-bridge",
    mixinStandardHelpOptions = true,
    versionProvider = BridgeCommand.Version.class,
    subcommands = {ServeCommand.class, ListCommand.class, HelpCommand.class},
    header = "Reads the caches of other JVMs, of any JSR-107 provider, by JMX.",
    footer = {
      "",
      "Without a command it serves; see serve --help. Examples:",
      "  java -jar yokedcache-jmx-bridge.jar --url orders=db1:9010",
      "  java -jar yokedcache-jmx-bridge.jar list --pid 4711",
      "",
      "Exit codes: 0 done, 1 not possible (unreachable, port in use), 2 wrong options or settings."
    })
final class BridgeCommand {

  /** The version of the jar. */
  static final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
      String version = BridgeCommand.class.getPackage().getImplementationVersion();
      return new String[] {
        "yokedcache-jmx-bridge " + (version == null ? "(not from a jar)" : version)
      };
    }
  }
}
