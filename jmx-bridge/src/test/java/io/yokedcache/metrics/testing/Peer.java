package io.yokedcache.metrics.testing;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A program of somebody else that tests talk to and that no build can bring along. */
// The list is immutable, which its type does not tell.
@SuppressWarnings("ImmutableEnumChecker")
public enum Peer {
  /** The Prometheus server. */
  PROMETHEUS(
      "peers.prometheus",
      List.of("prometheus"),
      "It needs a Prometheus server on the PATH, or -Dpeers.prometheus=<file>;"
          + " Debian's package is 'prometheus'"),
  /** Prometheus' tool that checks rules, settings and metrics. */
  PROMTOOL(
      "peers.promtool",
      List.of("promtool"),
      "It needs promtool on the PATH, or -Dpeers.promtool=<file>;"
          + " Debian's package is 'prometheus'"),
  /** npm's {@code statsd}: what is found is its script {@code stats.js}. */
  STATSD(
      "statsd.home",
      List.of("node_modules/statsd/stats.js", "stats.js"),
      "It needs Node.js on the PATH and npm's statsd: run 'npm install statsd' in an empty folder"
          + " and give that folder as -Dstatsd.home=<folder>"),
  /** Runs JavaScript. */
  NODE(
      "peers.node",
      List.of("node"),
      "It needs Node.js on the PATH, or -Dpeers.node=<file>; Debian's package is 'nodejs'"),
  /** A browser that runs without a screen. */
  CHROMIUM(
      "peers.chromium",
      List.of("chromium", "chromium-browser", "google-chrome"),
      "It needs Chromium on the PATH, or -Dpeers.chromium=<file>;"
          + " Debian's package is 'chromium'");

  private final String property;
  private final List<String> files;
  private final String howToGetIt;

  Peer(String property, List<String> files, String howToGetIt) {
    this.property = property;
    this.files = files;
    this.howToGetIt = howToGetIt;
  }

  /**
   * Looks for the program.
   *
   * @return its file, or empty if it is not here
   * @throws IllegalStateException if a property names a place where it is not: a slip of the pen
   *     must not leave tests out
   */
  public Optional<Path> find() {
    @Nullable String place = System.getProperty(property);
    boolean isGiven = place != null && !place.isBlank();
    if (this == STATSD) {
      return isGiven && onPath("node").isPresent() ? Optional.of(script(place)) : Optional.empty();
    }
    if (isGiven) {
      return Optional.of(existing(Path.of(place)));
    }
    return files.stream().flatMap(name -> onPath(name).stream()).findFirst();
  }

  /**
   * Returns the program's file.
   *
   * @throws IllegalStateException if it is not here, with how to get it
   */
  public Path get() {
    return find()
        .orElseThrow(() -> new IllegalStateException(name() + " is missing. " + howToGetIt));
  }

  /** Returns a sentence that says what is missing and how to get it. */
  public String howToGetIt() {
    return howToGetIt;
  }

  /** Returns the file of a program on the PATH. */
  static Optional<Path> onPath(String program) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return Stream.of(path.split(File.pathSeparator))
        .filter(folder -> !folder.isBlank())
        .map(folder -> Path.of(folder, program))
        .filter(Files::isRegularFile)
        .filter(Files::isExecutable)
        .findFirst();
  }

  private Path script(String home) {
    return files.stream()
        .map(file -> Path.of(home, file))
        .filter(Files::isRegularFile)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    property + " is " + home + ", where no statsd is. " + howToGetIt));
  }

  private Path existing(Path file) {
    if (!Files.isExecutable(file)) {
      throw new IllegalStateException(
          property + " is " + file + ", which is no program. " + howToGetIt);
    }
    return file;
  }
}
