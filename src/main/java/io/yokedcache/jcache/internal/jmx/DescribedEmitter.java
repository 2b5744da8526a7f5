package io.yokedcache.jcache.internal.jmx;

import java.util.function.Predicate;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import javax.management.MBeanOperationInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.StandardEmitterMBean;
import org.jspecify.annotations.Nullable;

/**
 * A {@link DescribedBean} that also sends notifications. A type of its own, since consoles offer to
 * subscribe to whatever can send any.
 */
final class DescribedEmitter extends StandardEmitterMBean {

  private final Notifications notifications;
  private final Predicate<String> shown;
  private final boolean showsAll;

  private <T> DescribedEmitter(
      T bean,
      Class<T> type,
      Notifications notifications,
      Predicate<String> shown,
      boolean showsAll) {
    super(bean, type, /* isMXBean= */ true, notifications);
    this.notifications = notifications;
    this.shown = shown;
    this.showsAll = showsAll;
  }

  /**
   * Describes a bean by the annotations of its interface.
   *
   * @param notifications what it sends
   */
  static <T> DescribedEmitter of(T bean, Class<T> type, Notifications notifications) {
    return new DescribedEmitter(bean, type, notifications, attribute -> true, /* showsAll= */ true);
  }

  /**
   * The same without attributes that have nothing to say.
   *
   * @param shown which attributes to list; all beans of a type that do not list all must list the
   *     same
   */
  static <T> DescribedEmitter of(
      T bean, Class<T> type, Notifications notifications, Predicate<String> shown) {
    return new DescribedEmitter(bean, type, notifications, shown, /* showsAll= */ false);
  }

  @Override
  public ObjectName preRegister(MBeanServer server, ObjectName name) throws Exception {
    ObjectName registered = super.preRegister(server, name);
    // Only now is it known; the MBean server cannot put it in, since the sender is no MBean.
    notifications.registeredAs(registered);
    return registered;
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
    return new SharedInfos.Kind(
        getMBeanInterface(), getImplementationClass(), /* showsAll= */ showsAll);
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
