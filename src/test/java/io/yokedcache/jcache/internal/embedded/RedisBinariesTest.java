package io.yokedcache.jcache.internal.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where {@link RedisBinaries} looks, and what it says when there is nothing. */
final class RedisBinariesTest {

  private static final ClassLoader WITH_JAR = RedisBinariesTest.class.getClassLoader();

  @ParameterizedTest
  @CsvSource({
    "Linux, amd64, linux-amd64",
    "Linux, aarch64, linux-arm64",
    "Linux, i386, linux-386",
    "Mac OS X, x86_64, darwin-amd64",
    "Mac OS X, aarch64, darwin-arm64"
  })
  void locate_platformOfTheJar(String osName, String osArch, String platform) {
    RedisBinaries binaries = RedisBinaries.locate("", WITH_JAR, osName, osArch);

    assertThat(binaries.found())
        .singleElement()
        .asString()
        .endsWith("/redis-server-7.0.15-" + platform);
    assertThat(binaries.missing()).singleElement().asString().contains("PATH");
  }

  @Test
  void locate_otherPlatform() {
    RedisBinaries binaries = RedisBinaries.locate("", WITH_JAR, "Windows 11", "amd64");

    assertThat(binaries.found()).isEmpty();
    assertThat(binaries.missing())
        .contains("org.signal:embedded-redis has no server for Windows 11 on amd64");
  }

  @Test
  void locate_withoutJar() throws IOException {
    try (URLClassLoader empty = new URLClassLoader(new URL[0], null)) {
      RedisBinaries binaries = RedisBinaries.locate("", empty, "Linux", "amd64");

      assertThat(binaries.found()).isEmpty();
      assertThat(binaries.missing())
          .last()
          .asString()
          .contains("redis-server-7.0.15-linux-amd64", "org.signal:embedded-redis:0.9.1");
    }
  }

  @Test
  void locate_pathFirst(@TempDir Path folder) throws IOException {
    Path installed = Files.createFile(folder.resolve("redis-server"));
    Files.setPosixFilePermissions(installed, PosixFilePermissions.fromString("rwx------"));
    String path = "\0" + File.pathSeparator + File.pathSeparator + folder;

    RedisBinaries binaries = RedisBinaries.locate(path, WITH_JAR, "Linux", "amd64");

    assertThat(binaries.found()).first().isEqualTo(new RedisBinary.Installed(installed));
    assertThat(binaries.found()).hasSize(2);
    assertThat(binaries.missing()).isEmpty();
  }

  @Test
  void onPath_notExecutable(@TempDir Path folder) throws IOException {
    Files.createFile(folder.resolve("redis-server"));

    assertThat(RedisBinaries.onPath("redis-server", folder.toString())).isNull();
  }
}
