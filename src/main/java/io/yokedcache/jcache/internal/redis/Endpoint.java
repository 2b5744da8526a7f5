package io.yokedcache.jcache.internal.redis;

import io.yokedcache.jcache.internal.settings.Settings;

/**
 * A server for connections: of an executor, or for subscriptions.
 *
 * @param settings its address, credentials and time-outs
 * @param policy the retry policy of all connections to it
 * @param maxValueBytes how long one value of the application may be
 * @param lookup finds the server for each connection
 */
public record Endpoint(
    Settings.Connection settings, RetryPolicy policy, long maxValueBytes, ServerLookup lookup) {

  /** An endpoint at the address of the settings. */
  public Endpoint(Settings.Connection settings, RetryPolicy policy, long maxValueBytes) {
    this(settings, policy, maxValueBytes, ServerLookup.fixed(settings));
  }

  /** An endpoint with a policy that no executor shares. */
  public Endpoint(Settings.Connection settings, long maxValueBytes) {
    this(settings, new RetryPolicy(settings.commandTimeout()), maxValueBytes);
  }

  /** The longest element of a message that is read: a change has a key and two values. */
  long maxMessageBytes() {
    return ReplyReader.limit(maxValueBytes, 3);
  }
}
