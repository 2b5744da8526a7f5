package io.yokedcache.jcache;

import java.io.Serial;
import javax.cache.CacheException;

/**
 * Redis could not be asked: there was no connection, no answer in time, or the server refuses to
 * serve anybody now. An application that can do without the cache catches this one; any other
 * {@link CacheException} means that Redis answered and something else is wrong.
 *
 * <p>A cache with {@code on-failure = degrade} goes on without Redis instead of throwing it: reads
 * find no entry, and changes are left out. Entry processors throw it in either mode.
 *
 * <p>After {@link Kind#NO_ANSWER} and {@link Kind#CONNECTION_LOST} a change may or may not have
 * been made. After every other kind nothing was changed by the request that failed; an operation on
 * many keys may have changed some of them by earlier requests.
 */
public final class RedisUnavailableException extends CacheException {

  @Serial private static final long serialVersionUID = 1L;

  /** Why Redis could not be asked. */
  public enum Kind {
    /**
     * The reason is in this JVM: no connection of the pool became free, the thread was interrupted
     * while it waited for one, or the cache manager was closed. It says nothing about the server.
     */
    NOT_ASKED,
    /** There was no connection that worked, and none could be made. Nothing was sent. */
    UNREACHABLE,
    /** The request was sent and no reply came in time. It is not known what the server did. */
    NO_ANSWER,
    /** The connection died under the request. It is not known what the server did. */
    CONNECTION_LOST,
    /**
     * The server answered that it serves no such request now, for instance because it loads its
     * data, is read-only, or is out of memory. The request was not executed.
     */
    REFUSED,
    /** The server refused user, password or address. Waiting mends nothing. */
    ACCESS_DENIED
  }

  private final Kind kind;
  private final String server;

  /**
   * Creates the exception.
   *
   * @param message what failed, and what to do
   * @param cause what the connection threw, or the server's reply
   * @param kind why Redis could not be asked
   * @param server scheme, host, port and database, without credentials
   */
  public RedisUnavailableException(String message, Throwable cause, Kind kind, String server) {
    super(message, cause);
    this.kind = kind;
    this.server = server;
  }

  /** Returns why Redis could not be asked. */
  public Kind kind() {
    return kind;
  }

  /**
   * Returns which server could not be asked.
   *
   * @return scheme, host, port and database, without credentials
   */
  public String server() {
    return server;
  }

  /**
   * Returns whether the server may have executed the request that failed. It matters only for
   * operations that change something.
   */
  public boolean isOutcomeUnknown() {
    return kind == Kind.NO_ANSWER || kind == Kind.CONNECTION_LOST;
  }
}
