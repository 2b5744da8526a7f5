package io.yokedcache.jcache.internal.jmx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.yokedcache.jcache.internal.jmx.OpenData.Item;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import javax.management.Attribute;
import javax.management.AttributeNotFoundException;
import javax.management.MBeanInfo;
import javax.management.MBeanNotificationInfo;
import javax.management.MBeanServer;
import javax.management.Notification;
import javax.management.ObjectName;
import javax.management.ReflectionException;
import javax.management.openmbean.SimpleType;
import org.junit.jupiter.api.Test;

/** Beans are described by their table, can be read and invoked, and send notifications. */
final class BeanTypeTest {

  private static final MBeanNotificationInfo INFO = Notifications.info("test.rang", "It rang");

  private static final BeanType<Bell> TYPE =
      new BeanType<>(
          "A bell",
          List.of(
              Item.ofLong("Rings", "How often it rang", bell -> bell.rings),
              Item.of("Brass", SimpleType.BOOLEAN, "Whether it is of brass", bell -> true)),
          attribute -> true,
          List.of(BeanType.Action.ofVoid("ring", "Rings once", Bell::ring)),
          INFO);

  private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();

  private static final class Bell {

    private final Notifications notifications = new Notifications(INFO);
    private long rings;

    private void ring() {
      notifications.send("test.rang", "rang", ++rings);
    }
  }

  @Test
  void bean_describesAndNotifies() throws Exception {
    ObjectName name = new ObjectName("io.yokedcache:type=Bell");
    Bell bell = new Bell();
    bell.ring();
    server.registerMBean(BeanType.emitter(() -> TYPE, bell, bell.notifications), name);
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

  @Test
  void register_typeMadeAtTheFirstRead() throws Exception {
    ObjectName name = new ObjectName("io.yokedcache:type=Bell,kind=unread");
    AtomicInteger made = new AtomicInteger();
    Supplier<BeanType<Bell>> type =
        () -> {
          made.incrementAndGet();
          return TYPE;
        };
    server.registerMBean(BeanType.bean(type, new Bell()), name);
    try {
      assertThat(server.queryNames(name, /* query= */ null)).containsExactly(name);
      assertThat(made).as("the type, after the registration").hasValue(0);
      assertThat(server.getMBeanInfo(name).getDescription()).isEqualTo("A bell");
      assertThat(made).hasValue(1);
    } finally {
      server.unregisterMBean(name);
    }
    assertThat(made).as("the type, after the bean is gone").hasValue(1);
  }

  @Test
  void bean_readAndInvokedByName() throws Exception {
    ObjectName name = new ObjectName("io.yokedcache:type=Bell,kind=plain");
    server.registerMBean(BeanType.bean(() -> TYPE, new Bell()), name);
    try {
      assertThat(server.getAttributes(name, new String[] {"Rings", "Clapper"}))
          .containsExactly(new Attribute("Rings", 0L));
      assertThatExceptionOfType(AttributeNotFoundException.class)
          .isThrownBy(() -> server.getAttribute(name, "Clapper"));
      assertThatExceptionOfType(AttributeNotFoundException.class)
          .isThrownBy(() -> server.setAttribute(name, new Attribute("Rings", 7L)));
      assertThatExceptionOfType(ReflectionException.class)
          .isThrownBy(() -> server.invoke(name, "ring", new Object[] {"twice"}, null));
      assertThat(server.invoke(name, "ring", null, null)).isNull();
      assertThat(server.getAttribute(name, "Rings")).isEqualTo(1L);
      // Notifications of a plain bean would make consoles offer a useless subscription.
      assertThat(server.isInstanceOf(name, "javax.management.NotificationBroadcaster")).isFalse();
    } finally {
      server.unregisterMBean(name);
    }
  }
}
