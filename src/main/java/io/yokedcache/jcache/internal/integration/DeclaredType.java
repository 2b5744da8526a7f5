package io.yokedcache.jcache.internal.integration;

/**
 * The type that a cache is declared for, of its keys or of its values. Objects of the application
 * are checked against it before they are stored: a value of another type could not be read back
 * from Redis.
 *
 * @param cacheName the cache's name
 * @param what {@code Key} or {@code Value}, for messages
 * @param type the declared type, {@code Object} if there is none
 */
public record DeclaredType<T>(String cacheName, String what, Class<T> type) {

  /**
   * Checks an object.
   *
   * @throws ClassCastException if it is of another type
   */
  public void check(T object) {
    check(cacheName, what, type, object);
  }

  /** Checks an object as {@link #check(Object)} does. */
  public static void check(String cacheName, String what, Class<?> type, Object object) {
    if (!type.isInstance(object)) {
      throw new ClassCastException(
          "%s of %s given to cache %s, which is declared for %s"
              .formatted(what, object.getClass(), cacheName, type));
    }
  }
}
