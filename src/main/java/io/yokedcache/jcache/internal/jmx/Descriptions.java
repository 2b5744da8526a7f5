package io.yokedcache.jcache.internal.jmx;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanOperationInfo;
import org.jspecify.annotations.Nullable;

/** What the {@link Described} annotations of an MBean's interface say. */
final class Descriptions {

  private Descriptions() {}

  /** What the bean as a whole is. */
  static String of(Class<?> type, String otherwise) {
    return described(type, otherwise);
  }

  /** What an attribute is. */
  static String of(Class<?> type, MBeanAttributeInfo info, String otherwise) {
    return described(method(type, (info.isIs() ? "is" : "get") + info.getName()), otherwise);
  }

  /** What an operation does. */
  static String of(Class<?> type, MBeanOperationInfo info, String otherwise) {
    return described(method(type, info.getName()), otherwise);
  }

  private static @Nullable Method method(Class<?> type, String name) {
    for (Method method : type.getMethods()) {
      if (method.getName().equals(name)) {
        return method;
      }
    }
    return null;
  }

  private static String described(@Nullable AnnotatedElement element, String otherwise) {
    Described described = element == null ? null : element.getAnnotation(Described.class);
    return described == null ? otherwise : described.value();
  }
}
