package io.yokedcache.jcache.internal.codec.serial;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The classes of the objects that the application encoded with one codec in this JVM. The same
 * codec may read them back. Only encoding adds classes; bytes from Redis never do. Classes are
 * stored by name, so that no class loader is held. Safe for use by several threads.
 */
public final class LearnedTypes {

  /**
   * The most learned classes; an application with more classes in one cache names them in the
   * settings.
   */
  static final int MAX_TYPES = 1_000;

  private static final Logger logger = LoggerFactory.getLogger(LearnedTypes.class);

  /**
   * Classes of the JDK that turn bytes into behaviour, or few bytes into much work. The settings
   * must name them one by one.
   */
  private static final List<String> DANGEROUS_JDK =
      List.of(
          "java.applet.",
          "java.awt.",
          "java.beans.",
          "java.lang.invoke.",
          "java.lang.ref.",
          "java.lang.reflect.",
          "java.net.URL",
          "java.rmi.",
          "java.security.",
          "java.util.Collections$CopiesList",
          "java.util.ServiceLoader",
          "java.util.prefs.");

  /**
   * Library classes of published gadget chains. They are a second line of defence: a class is read
   * only if the application caches it.
   */
  private static final List<String> KNOWN_GADGETS =
      List.of(
          "bsh.",
          "ch.qos.logback.core.",
          "clojure.core$",
          "clojure.inspector.",
          "com.mchange.v2.",
          "com.rometools.rome.feed.impl.",
          "com.sun.syndication.feed.impl.",
          "com.zaxxer.hikari.",
          "javassist.util.proxy.",
          "net.sf.json.",
          "org.apache.commons.beanutils.",
          "org.apache.commons.collections.comparators.TransformingComparator",
          "org.apache.commons.collections.functors.",
          "org.apache.commons.collections.keyvalue.TiedMapEntry",
          "org.apache.commons.collections.map.LazyMap",
          "org.apache.commons.collections4.comparators.TransformingComparator",
          "org.apache.commons.collections4.functors.",
          "org.apache.commons.collections4.keyvalue.TiedMapEntry",
          "org.apache.commons.collections4.map.LazyMap",
          "org.apache.logging.log4j.core.",
          "org.apache.xalan.",
          "org.codehaus.groovy.runtime.ComposedClosure",
          "org.codehaus.groovy.runtime.ConvertedClosure",
          "org.codehaus.groovy.runtime.CurriedClosure",
          "org.codehaus.groovy.runtime.MethodClosure",
          "org.hibernate.engine.spi.TypedValue",
          "org.hibernate.property.",
          "org.hibernate.tuple.",
          "org.jboss.weld.",
          "org.mozilla.javascript.",
          "org.python.core.",
          "org.springframework.aop.",
          "org.springframework.beans.factory.",
          "org.springframework.core.SerializableTypeWrapper",
          "org.springframework.jndi.",
          "org.springframework.transaction.jta.");

  private final boolean isEnabled;

  /** Copied on write: most caches learn nothing, and no cache learns many classes. */
  private volatile Set<String> names = Set.of();

  /** Guarded by this object's monitor. */
  private boolean warned;

  public LearnedTypes(boolean isEnabled) {
    this.isEnabled = isEnabled;
  }

  boolean contains(String className) {
    return names.contains(className);
  }

  /** The names, sorted. */
  public List<String> names() {
    return names.stream().sorted().toList();
  }

  /**
   * Learns classes that are not allowed otherwise.
   *
   * @param types the classes of an object that was encoded
   * @return the classes that are not learned and may not be read back
   */
  List<Class<?>> learn(Collection<Class<?>> types) {
    List<Class<?>> refused = new ArrayList<>();
    for (Class<?> type : types) {
      if (!isEnabled || !isLearnable(type)) {
        refused.add(type);
      }
    }
    if (!refused.isEmpty()) {
      return refused;
    }
    for (Class<?> type : types) {
      if (!add(type.getName())) {
        refused.add(type);
      }
    }
    return refused;
  }

  private synchronized boolean add(String name) {
    if (names.size() < MAX_TYPES || names.contains(name)) {
      Set<String> more = new HashSet<>(names);
      more.add(name);
      names = Set.copyOf(more);
      return true;
    }
    if (!warned) {
      warned = true;
      logger.warn(
          "A cache holds objects of more than {} classes that yokedcache.serialization.allow does"
              + " not name; no more are learned, and further values with new classes are refused."
              + " Name their packages in serialization.allow, such as com.acme.**",
          MAX_TYPES);
    }
    return false;
  }

  /**
   * Returns whether the application encoded an object of this class, so that it may be read back.
   */
  static boolean isLearnable(Class<?> type) {
    String name = type.getName();
    if (Proxy.isProxyClass(type)
        || InvocationHandler.class.isAssignableFrom(type)
        || type.isHidden()) {
      return false;
    }
    return AllowedClasses.isPlatformClass(type)
        ? name.startsWith("java.") && !startsWithOneOf(DANGEROUS_JDK, name)
        : !isKnownGadget(name);
  }

  static boolean isKnownGadget(String className) {
    return startsWithOneOf(KNOWN_GADGETS, className);
  }

  private static boolean startsWithOneOf(List<String> prefixes, String name) {
    for (String prefix : prefixes) {
      if (name.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }
}
