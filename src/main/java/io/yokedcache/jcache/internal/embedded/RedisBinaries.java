package io.yokedcache.jcache.internal.embedded;

import java.io.File;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The servers to try, the best first.
 *
 * @param found programs to try
 * @param missing where none was found, a clause each, for the error message
 */
record RedisBinaries(List<RedisBinary> found, List<String> missing) {

  /** The version that {@code org.signal:embedded-redis} 0.9.1 has in it. */
  private static final String PACKAGED_VERSION = "7.0.15";

  private static final Set<String> PACKAGED_PLATFORMS =
      Set.of("linux-amd64", "linux-arm64", "linux-386", "darwin-amd64", "darwin-arm64");

  RedisBinaries {
    found = List.copyOf(found);
    missing = List.copyOf(missing);
  }

  /** Looks on the {@code PATH} of this process and in the jars that this class can see. */
  static RedisBinaries ofThisMachine() {
    return locate(
        searchPath(),
        RedisBinaries.class.getClassLoader(),
        System.getProperty("os.name"),
        System.getProperty("os.arch"));
  }

  /**
   * Looks for a server.
   *
   * @param searchPath folders to look in, separated as in {@code PATH}
   * @param loader sees the optional jar, or {@code null} for the system class loader
   * @param osName the system as {@code os.name} says
   * @param osArch the processor as {@code os.arch} says
   */
  static RedisBinaries locate(
      String searchPath, @Nullable ClassLoader loader, String osName, String osArch) {
    List<RedisBinary> found = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    Path installed = onPath("redis-server", searchPath);
    if (installed == null) {
      missing.add("no redis-server on the PATH (" + searchPath + ")");
    } else {
      found.add(new RedisBinary.Installed(installed));
    }
    String platform = platform(osName, osArch);
    if (!PACKAGED_PLATFORMS.contains(platform)) {
      missing.add("org.signal:embedded-redis has no server for " + osName + " on " + osArch);
      return new RedisBinaries(found, missing);
    }
    String name = "redis-server-" + PACKAGED_VERSION + "-" + platform;
    URL resource = loader == null ? ClassLoader.getSystemResource(name) : loader.getResource(name);
    if (resource == null) {
      missing.add("no " + name + " on the class path (it is in org.signal:embedded-redis:0.9.1)");
    } else {
      found.add(new RedisBinary.Packaged(resource));
    }
    return new RedisBinaries(found, missing);
  }

  /** Returns the {@code PATH} of this process, or an empty text if it has none. */
  static String searchPath() {
    String path = System.getenv("PATH");
    return path == null ? "" : path;
  }

  /** Returns the first executable file of that name, or {@code null}. */
  static @Nullable Path onPath(String name, String searchPath) {
    for (String folder : searchPath.split(File.pathSeparator, -1)) {
      try {
        Path file = Path.of(folder).resolve(name).toAbsolutePath();
        if (!folder.isEmpty() && Files.isRegularFile(file) && Files.isExecutable(file)) {
          return file;
        }
      } catch (InvalidPathException notAFolder) {
        // A PATH may contain anything.
      }
    }
    return null;
  }

  /** Returns the platform in the words of the optional jar, such as {@code linux-amd64}. */
  private static String platform(String osName, String osArch) {
    String os = osName.toLowerCase(Locale.ROOT);
    String arch =
        switch (osArch.toLowerCase(Locale.ROOT)) {
          case "amd64", "x86_64" -> "amd64";
          case "aarch64", "arm64" -> "arm64";
          case "x86", "i386", "i486", "i586", "i686" -> "386";
          default -> osArch;
        };
    return (os.startsWith("mac") ? "darwin" : os) + "-" + arch;
  }
}
