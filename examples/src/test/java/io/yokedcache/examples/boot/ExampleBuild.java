package io.yokedcache.examples.boot;

import static java.util.Objects.requireNonNull;

import io.yokedcache.examples.boot.Variant.Order;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Builds variants of {@code examples/spring-boot} by the Maven that runs this build, against the
 * packaged jars of this build.
 *
 * <p>It has a local repository of its own, into which those jars are put, so that nothing of this
 * build appears in the user's. Everything else is copied from there, or downloaded if it is
 * missing.
 */
final class ExampleBuild {

  private static final long TIMEOUT_MINUTES = 10;
  private static final String TEMPLATE_VERSION = "4.1.2";
  private static final Pattern MICROMETER =
      Pattern.compile(
          " *<dependency>\\s*<groupId>io.micrometer</groupId>.*?</dependency>\\n", Pattern.DOTALL);

  private final Path root = Path.of(property("build.root"));
  private final String version = property("build.version");
  private final Path folder = Path.of(property("build.folder"), "spring-boot");

  /** Builds all variants at once, each into its own folder. */
  void run(List<Variant> variants) throws IOException, InterruptedException {
    Files.createDirectories(folder);
    Path local = folder.resolve("repository");
    install(local, "yokedcache-parent", root, null);
    install(local, "yokedcache-jcache", root.resolve("src"), jar("src", "yokedcache-jcache"));
    install(
        local,
        "yokedcache-jmx-bridge",
        root.resolve("jmx-bridge"),
        jar("jmx-bridge", "yokedcache-jmx-bridge"));
    for (Variant variant : variants) {
      write(variant);
    }
    Files.writeString(folder.resolve("pom.xml"), allOf(variants));
    Files.writeString(folder.resolve("settings.xml"), settings());
    List<String> command = new ArrayList<>();
    command.add(Path.of(property("build.maven.home"), "bin", "mvn").toString());
    command.addAll(List.of("-B", "-ntp", "-s", "settings.xml", "-Dmaven.repo.local=" + local));
    if (property("build.network").equals("offline=true")) {
      // Still lets it copy from the user's local repository.
      command.addAll(List.of("-o", "-Daether.offline.protocols=file"));
    }
    command.add("package");
    maven(command);
  }

  /** Returns the executable jar of a variant. */
  Path jar(Variant variant) {
    return folder.resolve(variant.folder()).resolve("target/" + artifact(variant) + "-1.0.0.jar");
  }

  /** Returns the agent that this build has made. */
  Path agent() {
    return root.resolve("jmx-bridge/target/yokedcache-jmx-bridge.jar");
  }

  /** Each is an artifact of its own, as Maven demands of those that it builds together. */
  private static String artifact(Variant variant) {
    return "shop-" + variant.folder();
  }

  private void maven(List<String> command) throws IOException, InterruptedException {
    Path log = folder.resolve("build.log");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("JAVA_HOME", property("build.java.home"));
    builder
        .environment()
        .merge("MAVEN_OPTS", "-XX:TieredStopAtLevel=1", (set, more) -> set + " " + more);
    Process process = builder.start();
    try {
      if (!process.waitFor(TIMEOUT_MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
        throw new IOException(command + " failed:\n" + Files.readString(log));
      }
    } finally {
      process.destroyForcibly();
    }
  }

  private Path jar(String module, String artifact) {
    return root.resolve(module).resolve("target/" + artifact + "-" + version + ".jar");
  }

  private void install(Path repository, String artifact, Path module, @Nullable Path jar)
      throws IOException {
    Path to = repository.resolve("io/yokedcache/" + artifact + "/" + version);
    Files.createDirectories(to);
    String name = artifact + "-" + version;
    copy(module.resolve("pom.xml"), to.resolve(name + ".pom"));
    if (jar != null) {
      copy(jar, to.resolve(name + ".jar"));
    }
  }

  private void write(Variant variant) throws IOException {
    Path template = root.resolve("examples/spring-boot");
    Path to = folder.resolve(variant.folder());
    try (Stream<Path> files = Files.walk(template.resolve("src"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Path copy = to.resolve(template.relativize(file).toString());
        Files.createDirectories(requireNonNull(copy.getParent()));
        copy(file, copy);
      }
    }
    String pom =
        Files.readString(template.resolve("pom.xml"))
            .replace(
                "<version>" + TEMPLATE_VERSION + "</version>",
                "<version>" + variant.springBoot() + "</version>")
            .replace(
                "<artifactId>shop</artifactId>",
                "<artifactId>" + artifact(variant) + "</artifactId>")
            .replaceFirst(
                "<yokedcache.version>.*</yokedcache.version>",
                "<yokedcache.version>" + version + "</yokedcache.version>");
    if (variant.order() == Order.MICROMETER_FIRST) {
      Matcher micrometer = MICROMETER.matcher(pom);
      if (!micrometer.find()) {
        throw new IOException("No Micrometer in " + template);
      }
      pom =
          (pom.substring(0, micrometer.start()) + pom.substring(micrometer.end()))
              .replace("  <dependencies>\n", "  <dependencies>\n" + micrometer.group());
    }
    Files.writeString(to.resolve("pom.xml"), pom);
  }

  private static String allOf(List<Variant> variants) {
    return """
        <project xmlns="http://maven.apache.org/POM/4.0.0">
          <modelVersion>4.0.0</modelVersion>
          <groupId>com.example</groupId>
          <artifactId>shops</artifactId>
          <version>1.0.0</version>
          <packaging>pom</packaging>
          <modules>
            %s
          </modules>
        </project>
        """
        .formatted(
            variants.stream()
                .map(variant -> "<module>" + variant.folder() + "</module>")
                .collect(Collectors.joining("\n    ")));
  }

  /** The user's local repository in front of the others; what is found there is not downloaded. */
  private static String settings() {
    String repository =
        """
        <id>copied</id>
        <url>%s</url>
        <releases><checksumPolicy>ignore</checksumPolicy></releases>
        <snapshots><enabled>false</enabled></snapshots>
        """
            .formatted(Path.of(property("build.repository")).toUri());
    return """
        <settings>
          <profiles>
            <profile>
              <id>local</id>
              <repositories><repository>%1$s</repository></repositories>
              <pluginRepositories><pluginRepository>%1$s</pluginRepository></pluginRepositories>
            </profile>
          </profiles>
          <activeProfiles><activeProfile>local</activeProfile></activeProfiles>
        </settings>
        """
        .formatted(repository);
  }

  private static void copy(Path from, Path to) throws IOException {
    Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
  }

  private static String property(String name) {
    return requireNonNull(
        System.getProperty(name), () -> "The system property " + name + " is set by Maven");
  }
}
