package io.yokedcache.jcache.internal.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** A {@code redis-server} program that this machine may be able to run. */
sealed interface RedisBinary {

  /**
   * Returns the program as an executable file.
   *
   * @param folder where to put it, if it is not a file yet
   * @throws IOException if it cannot be written there
   */
  Path placeIn(Path folder) throws IOException;

  /** A program that is installed on this machine. */
  record Installed(Path file) implements RedisBinary {

    @Override
    public Path placeIn(Path folder) {
      return file;
    }

    @Override
    public String toString() {
      return file.toString();
    }
  }

  /** A program inside a jar of the class path. */
  record Packaged(URL resource) implements RedisBinary {

    @Override
    public Path placeIn(Path folder) throws IOException {
      Path file = folder.resolve("redis-server");
      try (InputStream in = resource.openStream()) {
        Files.copy(in, file);
      }
      return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwx------"));
    }

    @Override
    public String toString() {
      return resource.toString();
    }
  }
}
