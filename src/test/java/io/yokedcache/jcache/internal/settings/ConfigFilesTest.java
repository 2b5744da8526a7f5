package io.yokedcache.jcache.internal.settings;

import static io.yokedcache.jcache.internal.settings.ConfigText.NOTHING;
import static io.yokedcache.jcache.internal.settings.ConfigText.failure;
import static io.yokedcache.jcache.internal.settings.ConfigText.load;
import static io.yokedcache.jcache.internal.settings.ConfigText.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

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

  @ParameterizedTest
  @ValueSource(strings = {"ISO_8859_1", "UTF_16"})
  void file_otherEncoding(String encoding) throws Exception {
    Charset charset = (Charset) StandardCharsets.class.getField(encoding).get(null);
    Path file = directory.resolve("a.conf");
    Files.write(file, "yokedcache.caches.\"caf\u00e9\".statistics = true".getBytes(charset));

    assertThat(failure(() -> load(file.toUri(), null, NOTHING)))
        .contains(file.toUri() + ": is not in UTF-8; save it in that encoding");
  }

  @Test
  void file_byteOrderMark() {
    assertThat(load(directory, "\uFEFFyokedcache.namespace = a").namespace()).isEqualTo("a");
    URI properties = write(directory, "a.properties", "\uFEFFyokedcache.namespace=a");
    assertThat(failure(() -> load(properties, null, NOTHING)))
        .contains(properties + ": begins with a byte order mark; save it in UTF-8 without one");
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
      assertThat(new ConfigSources(NOTHING, loader).load(uri, null).namespace())
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

  /** Nothing is fetched: nobody calls the port that is named. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://HOST/x.conf",
        "HTTPS://HOST/x.conf",
        "ftp://HOST/x.conf",
        "jar:http://HOST/x.jar!/x.conf",
        "jar:https://HOST/x.jar!/x.conf",
        "JAR:HTTP://HOST/x.jar!/x.conf",
        "jar:ftp://u:p@HOST/x.jar!/x.conf",
        "jar:file://HOST/x.jar!/x.conf",
        "jar:jar:http://HOST/x.jar!/y.jar!/x.conf",
        "file://HOST/x.conf",
        "file://u@HOST/x.conf",
        "file:////HOST/x.conf",
        "url:http://HOST/x.conf",
      })
  void uri_network(String uri) throws IOException {
    try (ServerSocket network = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      URI remote = URI.create(uri.replace("HOST", "127.0.0.1:" + network.getLocalPort()));

      assertThat(failure(() -> load(remote, null, NOTHING)))
          .contains("the manager's URI ")
          .containsAnyOf("over a network", "a host before the file", "unknown scheme")
          .doesNotContain("u:p@");
      assertUnasked(network);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "include \"http://HOST/x.conf\"",
        "include url(\"http://HOST/x.conf\")",
        "include url(\"https://HOST/x\")",
        "include required(url(\"http://HOST/x.conf\"))",
        "include required(\"http://HOST/x.conf\")",
        "include \"jar:http://HOST/x.jar!/x.conf\"",
        "include url(\"jar:ftp://HOST/x.jar!/x.conf\")",
        "include url(\"file://HOST/x.conf\")",
        "include \"//HOST/x.conf\"",
        "include \"//HOST/x\"",
        "yokedcache { include \"http://HOST/x.conf\" }",
        "include \"second.conf\"",
      })
  void include_network(String include) throws IOException {
    try (ServerSocket network = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String host = "127.0.0.1:" + network.getLocalPort();
      write(directory, "second.conf", "include \"http://" + host + "/x.conf\"");

      assertThat(failure(directory, include.replace("HOST", host)))
          .contains("test.conf")
          .contains("includes a file that ")
          .containsAnyOf("over a network", "a host before the file");
      assertUnasked(network);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"classpath:x.conf", ""})
  void classpath_network(String uri) throws IOException {
    try (ServerSocket network = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      URL there = new URL("http://127.0.0.1:" + network.getLocalPort() + "/x.conf");
      ClassLoader loader = new RemoteResources(there);
      URI named = uri.isEmpty() ? null : URI.create(uri);

      assertThat(failure(() -> new ConfigSources(NOTHING, loader).load(named, null)))
          .contains("is fetched over a network by http:");
      assertUnasked(network);
    }
  }

  /** A class path whose resources are all at one address, as those of a code base are. */
  private static final class RemoteResources extends ClassLoader {

    private final URL address;

    RemoteResources(URL address) {
      super(null);
      this.address = address;
    }

    @Override
    protected URL findResource(String name) {
      return address;
    }
  }

  private static void assertUnasked(ServerSocket network) throws IOException {
    network.setSoTimeout(1);
    assertThatThrownBy(network::accept).isInstanceOf(SocketTimeoutException.class);
  }

  @Test
  void files_taken() {
    URI uri = write(directory, "named.conf", "yokedcache.namespace = a");

    assertThat(load(uri, null, NOTHING).files()).containsExactly(uri.toString());
    assertThat(load(null, null, NOTHING).files()).isEmpty();
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
