package io.yokedcache.jcache.internal.redis;

import io.yokedcache.jcache.configuration.Settings;

/**
 * A server, as those connections are made to it that are not for operations.
 *
 * @param settings where it is, and how long it may take
 * @param policy what it refused lately, on whichever connection
 * @param maxValueBytes how long one value of the application may be
 */
public record Endpoint(Settings.Connection settings, ErrorReply.Policy policy, long maxValueBytes) {

  /** Makes an endpoint of which nothing is known but its settings. */
  public Endpoint(Settings.Connection settings, long maxValueBytes) {
    this(settings, new ErrorReply.Policy(settings.commandTimeout()), maxValueBytes);
  }

  /** The longest element of a message that is read: of a change it has a key and two values. */
  long maxMessageBytes() {
    return ReplyReader.limit(maxValueBytes, 3);
  }
}
