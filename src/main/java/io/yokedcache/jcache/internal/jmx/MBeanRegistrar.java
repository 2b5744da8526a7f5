package io.yokedcache.jcache.internal.jmx;

import io.yokedcache.jcache.internal.integration.ApplicationCode;
import io.yokedcache.jcache.internal.metrics.Operation;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import javax.cache.CacheException;
import javax.management.InstanceAlreadyExistsException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.MBeanServerDelegate;
import javax.management.MBeanServerNotification;
import javax.management.Notification;
import javax.management.NotificationListener;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers the MBeans of one cache, or of one manager, in the platform's MBean server, under names
 * that can hold any cache name and any URI.
 *
 * <p>Two managers with the same URI and different class loaders have the same names by the JSR's
 * rules. The first one's beans stay, a warning says so, and the second one's take their place when
 * they go. That is heard from the MBean server, since the other manager may be of another class
 * loader's copy of this provider.
 */
public final class MBeanRegistrar implements AutoCloseable {

  private static final Logger logger = LoggerFactory.getLogger(MBeanRegistrar.class);

  /** The types of MBeans, with the parts of their names. */
  public enum Kind {
    CONFIGURATION("javax.cache", "CacheConfiguration"),
    STATISTICS("javax.cache", "CacheStatistics"),
    EXTENDED_STATISTICS("io.yokedcache", "CacheExtendedStatistics"),
    OPERATION("io.yokedcache", "CacheOperation"),
    SNAPSHOT("io.yokedcache", "Snapshot"),
    CONNECTION("io.yokedcache", "Connection");

    private final String domain;
    private final String type;

    Kind(String domain, String type) {
      this.domain = domain;
      this.type = type;
    }
  }

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
  private final String managerName;
  private final @Nullable String cacheName;

  /** The registered beans, and beans that wait for their name. */
  private volatile Map<ObjectName, Registration> wanted = Map.of();

  /** Is notified of names that become free; added at the first conflict. */
  private final NotificationListener vacancies = (change, handback) -> onChange(change);

  private boolean hearsVacancies;

  MBeanRegistrar(URI managerUri, String cacheName) {
    this(sanitize(managerUri.toString()), sanitize(cacheName));
  }

  private MBeanRegistrar(String managerName, @Nullable String cacheName) {
    this.managerName = managerName.intern(); // the same for all caches of a manager
    this.cacheName = cacheName;
  }

  /** Creates the registrar of the beans of a manager itself. */
  static MBeanRegistrar ofManager(URI managerUri) {
    return new MBeanRegistrar(sanitize(managerUri.toString()), null);
  }

  /** The name of the manager in the names of the beans. */
  String managerName() {
    return managerName;
  }

  /** The name of a bean, without the characters that have a meaning in names and patterns. */
  static String sanitize(String name) {
    return name.replaceAll("[,:=\n\r*?\"]", ".");
  }

  void register(Kind kind, Object bean) {
    register(kind, name(kind, /* operation= */ null), bean);
  }

  /** Registers the bean of one operation of the cache. */
  void register(Operation operation, Object bean) {
    register(Kind.OPERATION, name(Kind.OPERATION, operation), bean);
  }

  private void register(Kind kind, ObjectName name, Object bean) {
    want(name, new Registration(kind, bean));
    if (!show(name)) {
      String message =
          "MBean {} belongs to another manager, or to a cache of a similar name, and shows it until it closes";
      // The warning about the cache's statistics is enough.
      if (kind == Kind.OPERATION) {
        logger.debug(message, name);
      } else {
        logger.warn(message, name);
      }
      hearVacancies();
      // It may have gone between the two.
      show(name);
    }
  }

  /**
   * Registers a bean if it is wanted, and its name is free. Holds no lock, since the MBean server
   * calls listeners; so it checks again afterwards whether the bean is still wanted.
   *
   * @return false if the name is another's
   */
  private boolean show(ObjectName name) {
    Registration registration = wanted.get(name);
    if (registration == null || registration.isRegistered) {
      return true;
    }
    try {
      server.registerMBean(registration.bean, name);
    } catch (InstanceAlreadyExistsException e) {
      return false;
    } catch (JMException e) {
      unwant(name);
      throw new CacheException("Cannot register MBean " + name + ": " + e.getMessage(), e);
    }
    registration.isRegistered = true;
    if (wanted.get(name) != registration) {
      hide(name, registration);
    }
    return true;
  }

  private synchronized void hearVacancies() {
    if (!hearsVacancies) {
      try {
        server.addNotificationListener(
            MBeanServerDelegate.DELEGATE_NAME, vacancies, /* filter= */ null, /* handback= */ null);
        hearsVacancies = true;
      } catch (InstanceNotFoundException neverWithoutDelegate) {
        logger.debug("The MBean server has no delegate", neverWithoutDelegate);
      }
    }
  }

  /**
   * Called by the thread that unregisters a bean, while the MBean server blocks other changes of
   * that name: the thread would wait for itself if our bean is no longer wanted.
   */
  private void onChange(Notification notification) {
    if (notification instanceof MBeanServerNotification change
        && change.getType().equals(MBeanServerNotification.UNREGISTRATION_NOTIFICATION)
        && isWaitedFor(change.getMBeanName())) {
      var unused = CompletableFuture.runAsync(() -> takePlace(change.getMBeanName()));
    }
  }

  /** The map is replaced as a whole: it has one or two names for most caches. */
  private synchronized void want(ObjectName name, Registration registration) {
    Registration before = wanted.get(name);
    if (before == null || !before.isRegistered) {
      Map<ObjectName, Registration> more = new HashMap<>(wanted);
      more.put(name, registration);
      wanted = Map.copyOf(more);
    }
  }

  private synchronized @Nullable Registration unwant(ObjectName name) {
    Map<ObjectName, Registration> less = new HashMap<>(wanted);
    Registration removed = less.remove(name);
    wanted = Map.copyOf(less);
    return removed;
  }

  private boolean isWaitedFor(ObjectName name) {
    Registration registration = wanted.get(name);
    return registration != null && !registration.isRegistered;
  }

  private void takePlace(ObjectName name) {
    try {
      if (show(name)) {
        logger.debug("MBean {} shows this manager now", name);
      }
    } catch (RuntimeException e) {
      logger.warn("MBean {} is free, but cannot be taken", name, e);
    }
  }

  /** Unregisters all beans of a kind that this object registered. */
  void unregister(Kind kind) {
    List<ObjectName> names = new ArrayList<>();
    wanted.forEach(
        (name, registration) -> {
          if (registration.kind == kind) {
            names.add(name);
          }
        });
    unregister(names);
  }

  /** Unregisters all beans that this object registered. */
  @Override
  public void close() {
    try {
      unregister(List.copyOf(wanted.keySet()));
    } finally {
      unhearVacancies();
    }
  }

  private synchronized void unhearVacancies() {
    if (hearsVacancies) {
      hearsVacancies = false;
      try {
        server.removeNotificationListener(MBeanServerDelegate.DELEGATE_NAME, vacancies);
      } catch (JMException goneMeanwhile) {
        logger.debug("Nothing to stop listening to", goneMeanwhile);
      }
    }
  }

  /** Unregisters them all, even if one cannot be, and throws the first failure. */
  private void unregister(List<ObjectName> names) {
    Throwable failure = null;
    for (ObjectName name : names) {
      try {
        Registration registration = unwant(name);
        if (registration != null) {
          hide(name, registration);
        }
      } catch (Throwable e) { // the MBean server calls listeners of the application
        failure = ApplicationCode.first(failure, e);
      }
    }
    ApplicationCode.rethrow(failure);
  }

  private void hide(ObjectName name, Registration registration) {
    try {
      if (registration.giveUp()) {
        server.unregisterMBean(name);
      }
    } catch (InstanceNotFoundException goneMeanwhile) {
      logger.debug("MBean {} is gone already", name);
    } catch (JMException e) {
      throw new CacheException("Cannot unregister MBean " + name + ": " + e.getMessage(), e);
    }
  }

  private ObjectName name(Kind kind, @Nullable Operation operation) {
    String name =
        kind.domain
            + ":type="
            + kind.type
            + ",CacheManager="
            + managerName
            + (cacheName == null ? "" : ",Cache=" + cacheName)
            + (operation == null ? "" : ",operation=" + operation.label());
    try {
      return new ObjectName(name);
    } catch (JMException e) {
      throw new CacheException("Cannot name the MBean " + name, e);
    }
  }

  /** A bean that is registered, or waits for its name. */
  private static final class Registration {
    final Kind kind;
    final Object bean;

    /** Whether its name is ours to unregister; another manager's is not. */
    volatile boolean isRegistered;

    Registration(Kind kind, Object bean) {
      this.kind = kind;
      this.bean = bean;
    }

    /** Whether the caller is the one to unregister it. */
    synchronized boolean giveUp() {
      boolean was = isRegistered;
      isRegistered = false;
      return was;
    }
  }
}
