package io.yokedcache.jcache.internal.jmx;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import javax.management.MBeanInfo;
import javax.management.MBeanNotificationInfo;
import javax.management.MBeanServer;
import javax.management.Notification;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;

/** Beans that send notifications are described like the others, and can be subscribed to. */
final class DescribedEmitterTest {

  private static final MBeanNotificationInfo INFO = Notifications.info("test.rang", "It rang");

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();

  /** A bean that can ring. */
  @Described("A bell")
  public interface BellMXBean {

    /** Returns how often it rang. */
    @Described("How often it rang")
    long getRings();

    /** Returns whether it is of brass. */
    @Described("Whether it is of brass")
    boolean isBrass();

    /** Rings. */
    @Described("Rings once")
    void ring();
  }

  private static final class Bell implements BellMXBean {

    private final Notifications notifications = new Notifications(INFO);
    private long rings;

    @Override
    public long getRings() {
      return rings;
    }

    @Override
    public boolean isBrass() {
      return true;
    }

    @Override
    public void ring() {
      notifications.send("test.rang", "rang", ++rings);
    }
  }

  @Test
  void bean_describesAndNotifies() throws Exception {
    ObjectName name = new ObjectName("io.yokedcache:type=Bell");
    Bell bell = new Bell();
    bell.ring();
    server.registerMBean(DescribedEmitter.of(bell, BellMXBean.class, bell.notifications), name);
    try {
      MBeanInfo info = server.getMBeanInfo(name);
      assertThat(info.getDescription()).isEqualTo("A bell");
      assertThat(info.getAttributes())
          .extracting("description")
          .containsExactlyInAnyOrder("How often it rang", "Whether it is of brass");
      assertThat(info.getOperations()).extracting("description").containsExactly("Rings once");
      assertThat(info.getNotifications()).containsExactly(INFO);

      List<Notification> heard = new ArrayList<>();
      server.addNotificationListener(name, (sent, handback) -> heard.add(sent), null, null);
      server.invoke(name, "ring", null, null);
      assertThat(heard).hasSize(1);
      assertThat(heard.get(0).getSource()).isEqualTo(name);
      assertThat(heard.get(0).getUserData()).isEqualTo(2L);
      assertThat(heard.get(0).getSequenceNumber()).as("nobody heard the first").isEqualTo(1L);
    } finally {
      server.unregisterMBean(name);
    }
  }
}
