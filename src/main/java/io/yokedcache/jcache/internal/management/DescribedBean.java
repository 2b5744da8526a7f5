package io.yokedcache.jcache.internal.management;

import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Method;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import javax.management.MBeanOperationInfo;
import javax.management.StandardMBean;
import org.jspecify.annotations.Nullable;

/** An MXBean whose attributes and operations are described by {@link Described} annotations. */
final class DescribedBean extends StandardMBean {

  private <T> DescribedBean(T bean, Class<T> type) {
    super(bean, type, /* isMXBean= */ true);
  }

  /** Describes a bean by the annotations of its interface. */
  static <T> DescribedBean of(T bean, Class<T> type) {
    return new DescribedBean(bean, type);
  }

  @Override
  protected String getDescription(MBeanInfo info) {
    return described(getMBeanInterface(), super.getDescription(info));
  }

  @Override
  protected String getDescription(MBeanAttributeInfo info) {
    return described(method("get" + info.getName()), super.getDescription(info));
  }

  @Override
  protected String getDescription(MBeanOperationInfo info) {
    return described(method(info.getName()), super.getDescription(info));
  }

  private @Nullable Method method(String name) {
    for (Method method : getMBeanInterface().getMethods()) {
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
