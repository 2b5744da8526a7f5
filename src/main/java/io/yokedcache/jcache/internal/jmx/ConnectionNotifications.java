package io.yokedcache.jcache.internal.jmx;

/**
 * The notifications of a manager's {@code Connection} MBean. Subscribers are called by the thread
 * that sends. Safe for use by several threads.
 */
public final class ConnectionNotifications {

  private static final String LOST = "io.yokedcache.connection.lost";
  private static final String RESTORED = "io.yokedcache.connection.restored";

  private static final String OPENED = "io.yokedcache.connection.circuit-breaker.opened";
  private static final String CLOSED = "io.yokedcache.connection.circuit-breaker.closed";

  private final Notifications notifications =
      new Notifications(
          Notifications.info(LOST, "Redis stopped answering; the user data is the reason, a text"),
          Notifications.info(RESTORED, "Redis answers again"),
          Notifications.info(
              OPENED,
              "The circuit breaker of a server opened, requests to it fail at once; the user data is"
                  + " the address of the server, a text"),
          Notifications.info(
              CLOSED,
              "The circuit breaker of a server closed, requests are sent again; the user data is the"
                  + " address of the server, a text"));

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

  /**
   * Sends that the circuit breaker of a server opened.
   *
   * @param reason the first failure, without credentials
   */
  public void opened(String node, String reason) {
    notifications.send(OPENED, "The circuit breaker of " + node + " opened: " + reason, node);
  }

  /** Sends that the circuit breaker of a server closed. */
  public void closed(String node) {
    notifications.send(CLOSED, "The circuit breaker of " + node + " closed", node);
  }
}
