package io.yokedcache.jcache.internal.jmx;

/**
 * The notifications of a manager's {@code Connection} MBean. Subscribers are called by the thread
 * that sends. Safe for use by several threads.
 */
public final class ConnectionNotifications {

  private static final String LOST = "io.yokedcache.connection.lost";
  private static final String RESTORED = "io.yokedcache.connection.restored";

  private final Notifications notifications =
      new Notifications(
          Notifications.info(LOST, "Redis stopped answering; the user data is the reason, a text"),
          Notifications.info(RESTORED, "Redis answers again"));

  /** Creates notifications without subscribers. */
  public ConnectionNotifications() {}

  Notifications notifications() {
    return notifications;
  }

  /**
   * Sends that Redis stopped answering.
   *
   * @param reason the cause, without credentials
   */
  public void lost(String reason) {
    notifications.send(LOST, "Redis does not answer: " + reason, reason);
  }

  /** Sends that Redis answers again. */
  public void restored() {
    notifications.send(RESTORED, "Redis answers again", /* userData= */ null);
  }
}
