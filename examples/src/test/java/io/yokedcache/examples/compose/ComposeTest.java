package io.yokedcache.examples.compose;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.examples.compose.ComposeFile.Port;
import io.yokedcache.examples.compose.ComposeFile.Service;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Nothing in the compose file refers to what is not there. It was not run with Docker. */
final class ComposeTest {

  private static final Pattern IMAGE = Pattern.compile("[a-z][a-z/-]*:v?\\d+\\.\\d+\\.\\d+[\\w-]*");

  private final ComposeFile compose = read();

  private static ComposeFile read() {
    try {
      return ComposeFile.read();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static List<String> matches(String regex, String text) {
    return Pattern.compile(regex, Pattern.MULTILINE)
        .matcher(text)
        .results()
        .map((MatchResult result) -> result.group(1))
        .toList();
  }

  private static List<Integer> insidePorts(Service service) {
    return service.ports().stream().map(Port::inside).toList();
  }

  @Test
  void services_dependOnServices() {
    assertThat(compose.services().keySet())
        .containsExactlyInAnyOrder("redis", "shop", "visitors", "prometheus", "grafana");
    compose
        .services()
        .forEach(
            (name, service) ->
                assertThat(compose.services().keySet())
                    .as(name)
                    .containsAll(service.dependencies()));
  }

  @Test
  void images_haveVersions() throws IOException {
    List<String> images =
        Stream.concat(
                compose.services().values().stream()
                    .filter(service -> service.build().isEmpty())
                    .map(service -> String.valueOf(service.image())),
                matches("^FROM (.*)$", Files.readString(dockerfile())).stream())
            .toList();

    assertThat(images).hasSize(5).allMatch(image -> IMAGE.matcher(image).matches());
  }

  private Path dockerfile() {
    Map<String, String> build = compose.service("shop").build();
    return ComposeFile.FOLDER
        .resolve(build.getOrDefault("context", ""))
        .resolve(build.getOrDefault("dockerfile", ""))
        .normalize();
  }

  @Test
  void mounts_areFilesOfThisProject() {
    TreeSet<Path> mounted = new TreeSet<>();
    for (Service service : compose.services().values()) {
      service
          .mounts()
          .forEach(
              (inside, file) -> {
                assertThat(inside).startsWith("/");
                assertThat(file).isRegularFile();
                mounted.add(file);
              });
    }
    assertThat(mounted).hasSize(5);
  }

  @Test
  void shopsImage_hasTheJarThatMavenBuilds() throws IOException {
    String dockerfile = Files.readString(dockerfile());
    String pom = Files.readString(Path.of("spring-boot/pom.xml"));
    List<String> artifact =
        matches("<groupId>com.example</groupId>\\s*<artifactId>(.*)</artifactId>", pom);
    List<String> version = matches("<version>(\\d.*)</version>\\s*<properties>", pom);

    assertThat(matches("^COPY (\\S+) ", dockerfile))
        .containsExactly("spring-boot/target/" + artifact.get(0) + "-" + version.get(0) + ".jar");
    assertThat(matches("^EXPOSE (.*)$", dockerfile)).containsExactly("8080 9404");
    assertThat(insidePorts(compose.service("shop"))).containsExactly(8080, 9404);
  }

  @Test
  void shopsVariables_areThoseThatItsConfigurationKnows() throws IOException {
    Map<String, String> environment = compose.service("shop").environment();
    String settings = Files.readString(Path.of("spring-boot/src/main/resources/yokedcache.conf"));
    URI redis = URI.create(environment.getOrDefault("SHOP_REDIS", ""));

    assertThat(matches("\\$\\{\\?(\\w+)}", settings))
        .containsExactlyInAnyOrderElementsOf(environment.keySet());
    assertThat(compose.services()).containsKey(redis.getHost());
    assertThat(redis.getPort()).isEqualTo(6379);
    assertThat(environment).containsEntry("SHOP_METRICS_PORT", "9404");
  }

  @Test
  void prometheus_scrapesTheShop_andGrafanaAsksPrometheus() throws IOException {
    Map<String, Object> config = ComposeFile.yaml(ComposeFile.FOLDER.resolve("prometheus.yml"));
    Map<String, Object> job =
        ComposeFile.map(ComposeFile.list(config.get("scrape_configs")).get(0));
    Map<String, Object> targets =
        ComposeFile.map(ComposeFile.list(job.get("static_configs")).get(0));
    assertThat(ComposeFile.list(targets.get("targets"))).hasToString("[shop:9404]");
    assertThat(job).containsEntry("job_name", "yokedcache"); // as the rules have it

    Path provisioning = ComposeFile.FOLDER.resolve("grafana");
    Map<String, Object> source =
        ComposeFile.map(
            ComposeFile.list(
                    ComposeFile.yaml(provisioning.resolve("datasource.yml")).get("datasources"))
                .get(0));
    assertThat(source)
        .containsEntry("url", "http://prometheus:9090")
        .containsEntry("type", "prometheus");
    assertThat(insidePorts(compose.service("prometheus"))).containsExactly(9090);

    Map<String, Object> provider =
        ComposeFile.map(
            ComposeFile.list(
                    ComposeFile.yaml(provisioning.resolve("dashboards.yml")).get("providers"))
                .get(0));
    String folder = ComposeFile.map(provider, "options").get("path") + "/";
    Service grafana = compose.service("grafana");
    assertThat(grafana.mounts().keySet())
        .contains(grafana.environment().get("GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"))
        .anyMatch(path -> path.startsWith(folder));
    assertThat(insidePorts(grafana)).containsExactly(3000);
  }

  @Test
  void ports_areOfThisMachineOnly_andTheReadmeNamesThem() throws IOException {
    String readme = Files.readString(ComposeFile.FOLDER.resolve("README.md"));
    List<Port> ports =
        compose.services().values().stream().flatMap(service -> service.ports().stream()).toList();

    assertThat(ports).extracting(Port::outside).hasSize(4).doesNotHaveDuplicates();
    for (Port port : ports) {
      assertThat(port.address()).isEqualTo("127.0.0.1");
      assertThat(readme).contains("http://127.0.0.1:" + port.outside() + "/");
    }
    assertThat(readme).contains("were not run with Docker");
  }

  @Test
  void visitors_askForPagesThatTheShopHas() throws IOException {
    String file = Files.readString(ComposeFile.FOLDER.resolve("compose.yml"));
    String controller =
        Files.readString(
            Path.of("spring-boot/src/main/java/com/example/shop/CatalogController.java"));

    List<String> asked = matches("http://shop:8080(/[a-z]+/(?:[a-z]+)?)", file);
    assertThat(asked)
        .containsExactly("/products/", "/pages/", "/offers/best")
        .allMatch(path -> controller.contains("GetMapping(\"" + path));
  }
}
