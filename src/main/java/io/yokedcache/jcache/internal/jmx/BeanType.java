package io.yokedcache.jcache.internal.jmx;

import io.yokedcache.jcache.internal.jmx.OpenData.Item;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.AttributeNotFoundException;
import javax.management.DynamicMBean;
import javax.management.ImmutableDescriptor;
import javax.management.ListenerNotFoundException;
import javax.management.MBeanAttributeInfo;
import javax.management.MBeanInfo;
import javax.management.MBeanNotificationInfo;
import javax.management.MBeanOperationInfo;
import javax.management.MBeanParameterInfo;
import javax.management.MBeanRegistration;
import javax.management.MBeanServer;
import javax.management.NotificationEmitter;
import javax.management.NotificationFilter;
import javax.management.NotificationListener;
import javax.management.ObjectName;
import javax.management.ReflectionException;
import javax.management.openmbean.OpenMBeanAttributeInfoSupport;
import org.jspecify.annotations.Nullable;

/**
 * The attributes, operations and notifications of one type of MBean, as tables. All beans of a type
 * share it with its {@link MBeanInfo}, so that a bean costs a cache a few bytes. Immutable.
 *
 * <p>A bean asks for its type when a client first reads, invokes or describes the bean, and not
 * when it is registered: the tables take a while, and many JVMs have no such client.
 *
 * @param <S> the source that a bean reads its attributes from
 */
final class BeanType<S> {

  private final Map<String, Item<S>> attributes = new LinkedHashMap<>();
  private final Map<String, Action<S>> actions = new LinkedHashMap<>();
  private final MBeanInfo info;

  /**
   * An operation of an MBean.
   *
   * @param parameters their names, each of them an array of strings
   * @param returnType the class of the answer, as JMX names it
   */
  record Action<S>(
      String name,
      String description,
      List<String> parameters,
      String returnType,
      BiFunction<S, Object[], @Nullable Object> invoke) {

    static <S> Action<S> ofVoid(String name, String description, Consumer<S> invoke) {
      return new Action<>(
          name,
          description,
          List.of(),
          "void",
          (source, none) -> {
            invoke.accept(source);
            return null;
          });
    }

    private MBeanOperationInfo info() {
      return new MBeanOperationInfo(
          name,
          description,
          parameters.stream()
              .map(name -> new MBeanParameterInfo(name, String[].class.getName(), name))
              .toArray(MBeanParameterInfo[]::new),
          returnType,
          MBeanOperationInfo.UNKNOWN);
    }
  }

  /**
   * Creates a type.
   *
   * @param isListed which attributes the {@link MBeanInfo} lists; clients can read the others by
   *     name
   */
  BeanType(
      String description,
      List<Item<S>> attributes,
      Predicate<String> isListed,
      List<Action<S>> actions,
      MBeanNotificationInfo... notifications) {
    attributes.forEach(attribute -> this.attributes.put(attribute.name(), attribute));
    actions.forEach(action -> this.actions.put(action.name(), action));
    this.info =
        new MBeanInfo(
            Bean.class.getName(),
            description,
            attributes.stream()
                .filter(attribute -> isListed.test(attribute.name()))
                .map(BeanType::info)
                .toArray(MBeanAttributeInfo[]::new),
            /* constructors= */ null,
            actions.stream().map(Action::info).toArray(MBeanOperationInfo[]::new),
            notifications,
            new ImmutableDescriptor("immutableInfo=true"));
  }

  private static MBeanAttributeInfo info(Item<?> attribute) {
    if (attribute.className().equals(attribute.type().getClassName())) {
      return new OpenMBeanAttributeInfoSupport(
          attribute.name(),
          attribute.description(),
          attribute.type(),
          /* isReadable= */ true,
          /* isWritable= */ false,
          /* isIs= */ false);
    }
    return new MBeanAttributeInfo(
        attribute.name(),
        attribute.className(),
        attribute.description(),
        /* isReadable= */ true,
        /* isWritable= */ false,
        /* isIs= */ false,
        new ImmutableDescriptor(Map.of("openType", attribute.type())));
  }

  /**
   * Creates a bean.
   *
   * @param type returns always the same type; called by any thread
   */
  static <S> DynamicMBean bean(Supplier<BeanType<S>> type, S source) {
    return new Bean<>(type, source);
  }

  /** Creates a bean that sends notifications; consoles offer to subscribe to these beans only. */
  static <S> DynamicMBean emitter(
      Supplier<BeanType<S>> type, S source, Notifications notifications) {
    return new Emitter<>(type, source, notifications);
  }

  private static class Bean<S> implements DynamicMBean, MBeanRegistration {

    /** The MBean server needs the name of the class alone before it registers a bean. */
    private static final MBeanInfo BEFORE_REGISTRATION =
        new MBeanInfo(
            Bean.class.getName(),
            /* description= */ "",
            /* attributes= */ null,
            /* constructors= */ null,
            /* operations= */ null,
            /* notifications= */ null);

    private final Supplier<BeanType<S>> type;
    private final S source;
    private volatile boolean isRegistered;

    Bean(Supplier<BeanType<S>> type, S source) {
      this.type = type;
      this.source = source;
    }

    @Override
    public ObjectName preRegister(MBeanServer server, ObjectName name) {
      isRegistered = true;
      return name;
    }

    @Override
    public void postRegister(Boolean done) {}

    @Override
    public void preDeregister() {}

    @Override
    public void postDeregister() {}

    @Override
    public MBeanInfo getMBeanInfo() {
      return isRegistered ? type.get().info : BEFORE_REGISTRATION;
    }

    @Override
    public Object getAttribute(String name) throws AttributeNotFoundException {
      Item<S> attribute = type.get().attributes.get(name);
      if (attribute == null) {
        throw new AttributeNotFoundException("No such attribute: " + name);
      }
      return attribute.read().apply(source);
    }

    /** {@inheritDoc} Attributes that do not exist are left out, as the interface asks for. */
    @Override
    public AttributeList getAttributes(String[] names) {
      AttributeList found = new AttributeList();
      for (String name : names) {
        Item<S> attribute = type.get().attributes.get(name);
        if (attribute != null) {
          found.add(new Attribute(name, attribute.read().apply(source)));
        }
      }
      return found;
    }

    @Override
    public void setAttribute(Attribute attribute) throws AttributeNotFoundException {
      throw new AttributeNotFoundException("Read-only attribute: " + attribute.getName());
    }

    @Override
    public AttributeList setAttributes(AttributeList attributes) {
      return new AttributeList();
    }

    @Override
    public @Nullable Object invoke(
        String name, Object @Nullable [] arguments, String @Nullable [] signature)
        throws ReflectionException {
      Action<S> action = type.get().actions.get(name);
      Object[] given = arguments == null ? new Object[0] : arguments;
      if (action == null || action.parameters().size() != given.length) {
        throw new ReflectionException(
            new NoSuchMethodException(name + " with " + given.length + " arguments"));
      }
      return action.invoke().apply(source, given);
    }
  }

  private static final class Emitter<S> extends Bean<S> implements NotificationEmitter {

    private final Notifications notifications;

    Emitter(Supplier<BeanType<S>> type, S source, Notifications notifications) {
      super(type, source);
      this.notifications = notifications;
    }

    /** Tells the sender its name: the MBean server does so for beans only, and it is none. */
    @Override
    public ObjectName preRegister(MBeanServer server, ObjectName name) {
      notifications.registeredAs(name);
      return super.preRegister(server, name);
    }

    @Override
    public MBeanNotificationInfo[] getNotificationInfo() {
      return notifications.getNotificationInfo();
    }

    @Override
    public void addNotificationListener(
        NotificationListener listener,
        @Nullable NotificationFilter filter,
        @Nullable Object handback) {
      notifications.addNotificationListener(listener, filter, handback);
    }

    @Override
    public void removeNotificationListener(NotificationListener listener)
        throws ListenerNotFoundException {
      notifications.removeNotificationListener(listener);
    }

    @Override
    public void removeNotificationListener(
        NotificationListener listener,
        @Nullable NotificationFilter filter,
        @Nullable Object handback)
        throws ListenerNotFoundException {
      notifications.removeNotificationListener(listener, filter, handback);
    }
  }
}
