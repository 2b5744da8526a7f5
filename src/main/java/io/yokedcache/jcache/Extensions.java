package io.yokedcache.jcache;

import static java.util.Objects.requireNonNull;

import com.typesafe.config.Config;
import io.yokedcache.jcache.internal.settings.Settings;
import io.yokedcache.jcache.spi.ManagerContext;
import io.yokedcache.jcache.spi.ManagerExtension;
import io.yokedcache.jcache.spi.OperationObserver;
import io.yokedcache.jcache.spi.StartedExtension;
import java.net.URI;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The extensions of one manager. A failing extension does not affect the manager. */
final class Extensions implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(Extensions.class);

  /** How many extensions may fail before the search for more of them ends. */
  private static final int MAX_FAILURES = 100;

  private final List<StartedExtension> started;

  private Extensions(List<StartedExtension> started) {
    this.started = List.copyOf(started);
  }

  /** Finds and starts them. */
  static Extensions start(
      URI managerUri, String managerName, Settings settings, ClassLoader classLoader) {
    ManagerContext context = new Context(managerUri, managerName, settings);
    List<StartedExtension> started = new ArrayList<>();
    Iterator<ManagerExtension> found =
        ServiceLoader.load(ManagerExtension.class, classLoader).iterator();
    for (int failures = 0; failures < MAX_FAILURES; ) {
      try {
        if (!found.hasNext()) {
          break;
        }
        ManagerExtension extension = found.next();
        started.add(requireNonNull(extension.start(context), extension + " started nothing"));
      } catch (Throwable e) {
        // The next call continues after the broken entry, unless the file cannot be read at all.
        failures++;
        logger.error("An extension of {} did not start: {}", managerUri, e.getMessage(), e);
      }
    }
    return new Extensions(started);
  }

  /** The observers of a cache's operations. */
  List<OperationObserver> observers(String cacheName) {
    List<OperationObserver> observers = new ArrayList<>();
    for (StartedExtension extension : started) {
      try {
        @Nullable OperationObserver observer = extension.observer(cacheName);
        if (observer != null) {
          observers.add(observer);
        }
      } catch (Throwable e) {
        logger.error("{} does not observe cache {}: {}", extension, cacheName, e.getMessage(), e);
      }
    }
    return observers;
  }

  @Override
  public void close() {
    for (StartedExtension extension : started) {
      try {
        extension.close();
      } catch (Throwable e) {
        logger.warn("{} did not end in order: {}", extension, e.getMessage(), e);
      }
    }
  }

  /** Not a record, since it would print secrets. */
  private static final class Context implements ManagerContext {

    private final URI uri;
    private final String managerName;
    private final Settings settings;

    Context(URI uri, String managerName, Settings settings) {
      this.uri = uri;
      this.managerName = managerName;
      this.settings = settings;
    }

    @Override
    public URI uri() {
      return uri;
    }

    @Override
    public String managerName() {
      return managerName;
    }

    @Override
    public Config group(String name) {
      return settings.groups().group(name);
    }
  }
}
