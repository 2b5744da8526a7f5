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
 * Sends the notifications of an MBean, with ascending sequence numbers. Subscribers are called by
 * the thread that sends. Safe for use by several threads.
 */
final class Notifications extends NotificationBroadcasterSupport {

  private static final Logger logger = LoggerFactory.getLogger(Notifications.class);

  private final MBeanNotificationInfo[] infos;
  private final AtomicLong sequence = new AtomicLong();

  /** The bean's name, or {@code null} before it is registered. */
  private volatile @Nullable ObjectName source;

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
   * Notifies all subscribers; does nothing if the bean is not registered.
   *
   * @param userData an object of a class that every JMX client has, or {@code null}
   */
  void send(String type, String message, @Nullable Object userData) {
    ObjectName name = source;
    if (name != null) {
      Notification notification = new Notification(type, name, sequence.incrementAndGet(), message);
      notification.setUserData(userData);
      try {
        sendNotification(notification);
      } catch (Throwable e) { // of a filter; the sender continues
        logger.warn("A filter of notifications of {} failed", name, e);
      }
    }
  }

  /** Calls one subscriber; its failure affects neither the other subscribers nor the sender. */
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
