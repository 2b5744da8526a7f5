package io.yokedcache.jcache.internal.management;

import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import javax.management.MBeanOperationInfo;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.StandardEmitterMBean;

/**
 * A {@link DescribedBean} that also sends notifications. A type of its own, since consoles offer to
 * subscribe to whatever can send any.
 */
final class DescribedEmitter extends StandardEmitterMBean {

  private final Notifications notifications;

  private <T> DescribedEmitter(T bean, Class<T> type, Notifications notifications) {
    super(bean, type, /* isMXBean= */ true, notifications);
    this.notifications = notifications;
  }

  /**
   * Describes a bean by the annotations of its interface.
   *
   * @param notifications what it sends
   */
  static <T> DescribedEmitter of(T bean, Class<T> type, Notifications notifications) {
    return new DescribedEmitter(bean, type, notifications);
  }

  @Override
  public ObjectName preRegister(MBeanServer server, ObjectName name) throws Exception {
    ObjectName registered = super.preRegister(server, name);
    // Only now is it known; the MBean server cannot put it in, since the sender is no MBean.
    notifications.registeredAs(registered);
    return registered;
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
