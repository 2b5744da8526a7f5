package io.yokedcache.jcache.internal.jmx;

import java.util.function.Predicate;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import javax.management.MBeanOperationInfo;
import javax.management.StandardMBean;
import org.jspecify.annotations.Nullable;

/** An MXBean whose attributes and operations are described by {@link Described} annotations. */
final class DescribedBean extends StandardMBean {

  private final Predicate<String> shown;
  private final boolean showsAll;

  private <T> DescribedBean(T bean, Class<T> type, Predicate<String> shown, boolean showsAll) {
    super(bean, type, /* isMXBean= */ true);
    this.shown = shown;
    this.showsAll = showsAll;
  }

  /** Describes a bean by the annotations of its interface. */
  static <T> DescribedBean of(T bean, Class<T> type) {
    return new DescribedBean(bean, type, attribute -> true, /* showsAll= */ true);
  }

  /**
   * The same without attributes that are for those who know them by name.
   *
   * @param shown which attributes to list; the same for all beans of the type
   */
  static <T> DescribedBean of(T bean, Class<T> type, Predicate<String> shown) {
    return new DescribedBean(bean, type, shown, /* showsAll= */ false);
  }

  @Override
  public MBeanInfo getMBeanInfo() {
    MBeanInfo own = super.getMBeanInfo();
    MBeanInfo shared = getCachedMBeanInfo();
    return shared == null ? own : shared;
  }

  @Override
  protected @Nullable MBeanInfo getCachedMBeanInfo() {
    return SharedInfos.get(kind());
  }

  @Override
  protected void cacheMBeanInfo(@Nullable MBeanInfo info) {
    if (info != null) {
      SharedInfos.put(kind(), info, shown);
    }
  }

  private SharedInfos.Kind kind() {
    return new SharedInfos.Kind(getMBeanInterface(), getImplementationClass(), showsAll);
  }

  @Override
  protected String getDescription(MBeanInfo info) {
    return Descriptions.of(getMBeanInterface(), super.getDescription(info));
  }

  @Override
  protected String getDescription(MBeanAttributeInfo info) {
    return Descriptions.of(getMBeanInterface(), info, super.getDescription(info));
  }

  @Override
  protected String getDescription(MBeanOperationInfo info) {
    return Descriptions.of(getMBeanInterface(), info, super.getDescription(info));
  }
}
