package io.yokedcache.examples.compose;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * The compose file, as far as its services are concerned.
 *
 * @param services by name
 */
record ComposeFile(Map<String, Service> services) {

  static final Path FOLDER = Path.of("compose");

  /**
   * A service.
   *
   * @param image absent if it is built
   * @param environment variables of the container
   * @param ports as they are published
   * @param mounts files of this project by their paths in the container
   * @param dependencies names of other services
   * @param build context and dockerfile; empty if there is an image
   */
  record Service(
      @Nullable String image,
      Map<String, String> environment,
      List<Port> ports,
      Map<String, Path> mounts,
      List<String> dependencies,
      Map<String, String> build) {}

  /**
   * A published port.
   *
   * @param address of this machine
   * @param outside the port of this machine
   * @param inside the port of the container
   */
  record Port(String address, int outside, int inside) {}

  static ComposeFile read() throws IOException {
    Map<String, Service> services = new LinkedHashMap<>();
    map(yaml(FOLDER.resolve("compose.yml")), "services")
        .forEach((name, service) -> services.put(name, service(map(service))));
    return new ComposeFile(services);
  }

  Service service(String name) {
    return requireNonNull(services.get(name), name);
  }

  private static Service service(Map<String, Object> yaml) {
    List<Port> ports = new ArrayList<>();
    for (Object port : list(yaml.get("ports"))) {
      String[] parts = port.toString().split(":", -1);
      ports.add(new Port(parts[0], Integer.parseInt(parts[1]), Integer.parseInt(parts[2])));
    }
    Map<String, Path> mounts = new LinkedHashMap<>();
    for (Object volume : list(yaml.get("volumes"))) {
      String[] parts = volume.toString().split(":", -1);
      if (parts.length != 3 || !parts[2].equals("ro")) {
        throw new IllegalArgumentException(volume + " is not mounted for reading only");
      }
      mounts.put(parts[1], FOLDER.resolve(parts[0]).normalize());
    }
    Object dependencies = yaml.get("depends_on");
    return new Service(
        (String) yaml.get("image"),
        texts(yaml.get("environment")),
        ports,
        mounts,
        dependencies instanceof Map<?, ?> conditions
            ? conditions.keySet().stream().map(Object::toString).toList()
            : list(dependencies).stream().map(Object::toString).toList(),
        texts(yaml.get("build")));
  }

  /** Reads a file of one YAML document, as data only. */
  static Map<String, Object> yaml(Path file) throws IOException {
    LoaderOptions options = new LoaderOptions();
    options.setAllowDuplicateKeys(false);
    try (Reader reader = Files.newBufferedReader(file)) {
      Object document = new Yaml(new SafeConstructor(options)).load(reader);
      return map(document);
    }
  }

  static Map<String, Object> map(@Nullable Object yaml, String... path) {
    Object here = yaml;
    for (String step : path) {
      here = map(here).get(step);
    }
    Map<String, Object> map = new LinkedHashMap<>();
    if (here instanceof Map<?, ?> members) {
      members.forEach((name, value) -> map.put(name.toString(), value));
    }
    return map;
  }

  static List<?> list(@Nullable Object yaml) {
    return yaml instanceof List<?> list ? list : List.of();
  }

  private static Map<String, String> texts(@Nullable Object yaml) {
    Map<String, String> texts = new LinkedHashMap<>();
    map(yaml).forEach((name, value) -> texts.put(name, value.toString()));
    return texts;
  }
}
