package io.yokedcache.jcache.internal.jmx;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import javax.management.Notification;
import javax.management.NotificationListener;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;

/** Subscribers hear of each other's failures as little as the thread that sends. */
final class NotificationsTest {

  @Test
  void send_subscribersAndFiltersFail() throws Exception {
    Notifications notifications = new Notifications(Notifications.info("news", "for the test"));
    notifications.registeredAs(new ObjectName("test:type=News"));
    List<String> heard = new ArrayList<>();
    NotificationListener good = (notification, handback) -> heard.add(notification.getMessage());
    NotificationListener bad =
        (notification, handback) -> {
          throw new LinkageError("as asked");
        };
    notifications.addNotificationListener(bad, null, null);
    notifications.addNotificationListener(good, null, null);
    notifications.send("news", "first", /* userData= */ null);
    notifications.addNotificationListener(good, NotificationsTest::refuse, null);

    notifications.send("news", "second", /* userData= */ null);

    assertThat(heard).containsExactly("first", "second");
  }

  private static boolean refuse(Notification notification) {
    throw new LinkageError("as asked of " + notification);
  }
}
