package io.yokedcache.metrics.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.AttributeNotFoundException;
import javax.management.DynamicMBean;
import javax.management.JMException;
import javax.management.MBeanInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** A statistics MBean of a foreign provider, whose attributes a test may make wrong. */
public final class HostileBean implements DynamicMBean {

  private final Map<String, Supplier<?>> attributes = new LinkedHashMap<>();
  private boolean throwsTogether;

  /** Creates a bean without attributes. */
  public HostileBean() {}

  /** Creates a bean of 5 hits, 3 misses, 2 puts and an average get of 1.5 microseconds. */
  public static HostileBean good() {
    return new HostileBean()
        .with("CacheHits", () -> 5L)
        .with("CacheMisses", () -> 3L)
        .with("CachePuts", () -> 2L)
        .with("AverageGetTime", () -> 1.5f);
  }

  /** Adds or replaces an attribute, whose value is asked for at each reading and may throw. */
  public HostileBean with(String attribute, Supplier<?> value) {
    attributes.put(attribute, value);
    return this;
  }

  /** Lets attributes be read one by one only. */
  public HostileBean throwingTogether() {
    throwsTogether = true;
    return this;
  }

  /** Registers this bean as the statistics of a cache. */
  public ObjectName register(MBeanServer server, String manager, String cache) throws JMException {
    ObjectName name =
        new ObjectName(
            "javax.cache:type=CacheStatistics,CacheManager=" + manager + ",Cache=" + cache);
    server.registerMBean(this, name);
    return name;
  }

  /** Returns values that no counter can have, by names that labels and tags can have. */
  public static Map<String, Supplier<?>> values() {
    Map<String, Supplier<?>> values = new LinkedHashMap<>();
    values.put("negative", () -> -1L);
    values.put("least", () -> Long.MIN_VALUE);
    values.put("nan", () -> Double.NaN);
    values.put("infinite", () -> Double.POSITIVE_INFINITY);
    values.put("huge", () -> new BigInteger("99999999999999999999"));
    values.put("text", () -> "5");
    values.put("object", Object::new);
    values.put("array", () -> new long[] {1});
    values.put("exception", () -> fail(new IllegalStateException("no")));
    values.put("overflow", () -> fail(new StackOverflowError()));
    values.put("linkage", () -> fail(new NoClassDefFoundError("com/acme/Lost")));
    values.put("assertion", () -> fail(new AssertionError("no")));
    values.put("unknown", HostileBean::ofUnknownClass);
    return values;
  }

  private static <E extends Throwable> Object fail(E failure) throws E {
    throw failure;
  }

  /** Returns an object of a class that only the bean's JVM could know: no reader finds it. */
  private static Object ofUnknownClass() {
    String known = Known.class.getName();
    String unknown = known.replace("Known", "Alien");
    try (InputStream stream = HostileBean.class.getResourceAsStream("HostileBean$Known.class")) {
      byte[] code =
          new String(Objects.requireNonNull(stream).readAllBytes(), StandardCharsets.ISO_8859_1)
              .replace(known.replace('.', '/'), unknown.replace('.', '/'))
              .getBytes(StandardCharsets.ISO_8859_1);
      ClassLoader aliens =
          new ClassLoader(HostileBean.class.getClassLoader()) {
            @Override
            protected Class<?> findClass(String name) throws ClassNotFoundException {
              if (name.equals(unknown)) {
                return defineClass(name, code, 0, code.length);
              }
              throw new ClassNotFoundException(name);
            }
          };
      return aliens.loadClass(unknown).getConstructor().newInstance();
    } catch (IOException | ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  /** Becomes the unknown class, by another name of the same length. */
  public static final class Known implements Serializable {

    private static final long serialVersionUID = 1;

    /** For the class that this one becomes. */
    public Known() {}
  }

  @Override
  public Object getAttribute(String attribute) throws AttributeNotFoundException {
    Supplier<?> value = attributes.get(attribute);
    if (value == null) {
      throw new AttributeNotFoundException(attribute);
    }
    return value.get();
  }

  @Override
  public AttributeList getAttributes(String[] names) {
    if (throwsTogether) {
      throw new IllegalStateException("not together");
    }
    AttributeList list = new AttributeList();
    for (String name : names) {
      Supplier<?> value = attributes.get(name);
      if (value != null) {
        list.add(new Attribute(name, value.get()));
      }
    }
    return list;
  }

  @Override
  public void setAttribute(Attribute attribute) {
    throw new UnsupportedOperationException();
  }

  @Override
  public AttributeList setAttributes(AttributeList list) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Object invoke(String action, Object[] parameters, String[] signature) {
    throw new UnsupportedOperationException();
  }

  @Override
  public MBeanInfo getMBeanInfo() {
    return new MBeanInfo(getClass().getName(), "hostile", null, null, null, null);
  }
}
