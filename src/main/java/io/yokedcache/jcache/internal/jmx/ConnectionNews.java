package io.yokedcache.jcache.internal.jmx;

/**
 * What a manager's {@code Connection} MBean tells its subscribers. They are called by the thread
 * that brings the news. Safe for use by several threads.
 */
public final class ConnectionNews {

  private static final String LOST = "io.yokedcache.connection.lost";
  private static final String RESTORED = "io.yokedcache.connection.restored";

  private final Notifications notifications =
      new Notifications(
          Notifications.info(LOST, "Redis does not answer any more; user data: why, as a text"),
          Notifications.info(RESTORED, "Redis answers again"));

  /** Creates what nobody has subscribed to yet. */
  public ConnectionNews() {}

  Notifications notifications() {
    return notifications;
  }

  /**
   * Tells that Redis does not answer any more.
   *
   * @param reason why, without credentials
   */
  public void lost(String reason) {
    notifications.send(LOST, "Redis does not answer: " + reason, reason);
  }

  /** Tells that Redis answers again. */
  public void restored() {
    notifications.send(RESTORED, "Redis answers again", /* userData= */ null);
  }
}
