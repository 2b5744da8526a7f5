package io.yokedcache.jcache.internal.jmx;

import java.util.concurrent.atomic.AtomicLong;
import javax.management.MBeanNotificationInfo;
import javax.management.Notification;
import javax.management.NotificationBroadcasterSupport;
import javax.management.NotificationListener;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What an MBean tells those who subscribed to it, with a number that grows by one for each. They
 * are called by the thread that sends. Safe for use by several threads.
 */
final class Notifications extends NotificationBroadcasterSupport {

  private static final Logger logger = LoggerFactory.getLogger(Notifications.class);

  private final MBeanNotificationInfo[] infos;
  private final AtomicLong sequence = new AtomicLong();

  /** The bean's name, by which subscribers know it; before it is registered there are none. */
  private volatile @Nullable ObjectName source;

  /**
   * Creates them.
   *
   * @param infos what types there are, and what they mean
   */
  Notifications(MBeanNotificationInfo... infos) {
    this.infos = infos; // the superclass would keep a copy for each cache
  }

  @Override
  public MBeanNotificationInfo[] getNotificationInfo() {
    return infos.clone();
  }

  /** Describes one type of notification. */
  static MBeanNotificationInfo info(String type, String description) {
    return new MBeanNotificationInfo(
        new String[] {type}, Notification.class.getName(), description);
  }

  void registeredAs(ObjectName name) {
    source = name;
  }

  /**
   * Tells all subscribers; does nothing if the bean is not registered.
   *
   * @param userData more about it, of a type that every JMX client has, or {@code null}
   */
  void send(String type, String message, @Nullable Object userData) {
    ObjectName name = source;
    if (name != null) {
      Notification notification = new Notification(type, name, sequence.incrementAndGet(), message);
      notification.setUserData(userData);
      try {
        sendNotification(notification);
      } catch (Throwable e) { // of a filter; whoever brings news must not suffer
        logger.warn("A filter of notifications of {} failed", name, e);
      }
    }
  }

  /** Calls one subscriber, whose failure is neither that of the others nor of the thread. */
  @Override
  protected void handleNotification(
      NotificationListener listener, Notification notification, @Nullable Object handback) {
    try {
      super.handleNotification(listener, notification, handback);
    } catch (Throwable e) {
      logger.warn("A subscriber of {} failed", notification.getSource(), e);
    }
  }
}
