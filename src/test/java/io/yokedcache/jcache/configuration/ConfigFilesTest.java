package io.yokedcache.jcache.configuration;

import static io.yokedcache.jcache.configuration.ConfigText.NOTHING;
import static io.yokedcache.jcache.configuration.ConfigText.failure;
import static io.yokedcache.jcache.configuration.ConfigText.load;
import static io.yokedcache.jcache.configuration.ConfigText.write;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ConfigFilesTest {

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a.conf | yokedcache.namespace = found",
        "a.json | {\"yokedcache\": {\"namespace\": \"found\"}}",
        "a.properties | yokedcache.namespace=found",
        "a,b=c*d e.conf | yokedcache { namespace = found }",
        "no-ending | yokedcache { namespace = found }",
      })
  void file_forms(String name, String text) {
    assertThat(load(write(directory, name, text), null, NOTHING).namespace()).isEqualTo("found");
  }

  @Test
  void file_include() {
    write(directory, "other.conf", "yokedcache.namespace = included");

    assertThat(load(directory, "include \"other.conf\"").namespace()).isEqualTo("included");
  }

  @Test
  void file_emptyOrOtherRoots() {
    assertThat(load(directory, "# nothing\n").namespace()).isEqualTo("yc");
    assertThat(load(directory, "akka.x = 1\nyokedcache.namespace = a").namespace()).isEqualTo("a");
  }

  @Test
  void jar_url() throws IOException {
    Path jar = jar("BOOT-INF/classes/cache.conf", "yokedcache.namespace = in-jar");
    URI uri = URI.create("jar:" + jar.toUri() + "!/BOOT-INF/classes/cache.conf");

    assertThat(load(uri, null, NOTHING).namespace()).isEqualTo("in-jar");
  }

  @ParameterizedTest
  @CsvSource({
    "classpath:conf/cache.conf",
    "classpath:/conf/cache.conf",
    "ClassPath:///conf/cache.conf"
  })
  void classpath_givenLoader(URI uri) throws IOException {
    Path jar = jar("conf/cache.conf", "yokedcache.namespace = on-class-path");
    try (URLClassLoader loader = new URLClassLoader(new URL[] {jar.toUri().toURL()}, null)) {
      assertThat(new Layers(NOTHING, loader).load(uri, null).namespace())
          .isEqualTo("on-class-path");
    }
  }

  @Test
  void classpath_missing() {
    assertThat(failure(() -> load(URI.create("classpath:no/such.conf"), null, NOTHING)))
        .contains("classpath:no/such.conf: is not on the class path");
  }

  @Test
  void file_missing() {
    URI uri = directory.resolve("no-such.conf").toUri();

    assertThat(failure(() -> load(uri, null, NOTHING)))
        .contains(uri + ": cannot be read: is there such a file");
  }

  @Test
  void jar_missingEntry() throws IOException {
    URI uri = URI.create("jar:" + jar("a", "b").toUri() + "!/no-such.conf");

    assertThat(failure(() -> load(uri, null, NOTHING))).contains(uri + ": cannot be read");
  }

  @Test
  void file_directory() {
    assertThat(failure(() -> load(directory.toUri(), null, NOTHING))).contains("cannot be read");
  }

  @Test
  void file_withHost() {
    assertThat(failure(() -> load(URI.create("file://host/a.conf"), null, NOTHING)))
        .contains("the manager's URI names a host before the file; write file:/path/file.conf");
  }

  @Test
  void file_groupForgotten() {
    assertThat(failure(directory, "connection { client-name = x }"))
        .contains("test.conf: has no settings: all of them belong into a group yokedcache { ... }");
  }

  @Test
  void file_syntax_lineAndReason() {
    assertThat(failure(directory, "yokedcache {\n  namespace = a\n  buckets = [1\n}\n"))
        .contains("test.conf: 4: cannot be parsed as HOCON: ")
        .contains("List should have had new element");
  }

  private Path jar(String entry, String text) throws IOException {
    Path jar = directory.resolve("test.jar");
    try (OutputStream file = Files.newOutputStream(jar);
        JarOutputStream out = new JarOutputStream(file)) {
      out.putNextEntry(new JarEntry(entry));
      out.write(text.getBytes(StandardCharsets.UTF_8));
      out.closeEntry();
    }
    return jar;
  }
}
