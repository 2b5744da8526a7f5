package io.yokedcache.jcache.internal.jmx;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import org.jspecify.annotations.Nullable;

/**
 * What MBeans say of themselves, which is the same for all of a type: the JDK would keep a copy of
 * some kilobytes for each. Safe for use by several threads.
 */
final class SharedInfos {

  /** Few, as the types are, and of this class loader only. */
  private static final Map<Kind, MBeanInfo> INFOS = new ConcurrentHashMap<>();

  private SharedInfos() {}

  /**
   * Beans that are described alike.
   *
   * @param type the interface
   * @param implementation the class
   * @param showsAll whether no attribute is left out
   */
  record Kind(Class<?> type, Class<?> implementation, boolean showsAll) {}

  static @Nullable MBeanInfo get(Kind kind) {
    return INFOS.get(kind);
  }

  /** Keeps an info, without the attributes that are left out; these can still be read by name. */
  static void put(Kind kind, MBeanInfo info, Predicate<String> shown) {
    MBeanAttributeInfo[] attributes =
        Arrays.stream(info.getAttributes())
            .filter(attribute -> shown.test(attribute.getName()))
            .toArray(MBeanAttributeInfo[]::new);
    INFOS.put(
        kind,
        new MBeanInfo(
            info.getClassName(),
            info.getDescription(),
            attributes,
            info.getConstructors(),
            info.getOperations(),
            info.getNotifications(),
            info.getDescriptor()));
  }
}
