package io.yokedcache.jcache.internal.integration;

import java.io.Closeable;
import javax.cache.CacheException;
import javax.cache.configuration.Factory;
import javax.cache.event.CacheEntryListenerException;
import javax.cache.integration.CacheLoaderException;
import javax.cache.integration.CacheWriterException;
import javax.cache.processor.EntryProcessorException;
import org.jspecify.annotations.Nullable;

/**
 * The kinds of application code that a cache calls, and the exception by which JSR-107 reports a
 * failure of each.
 *
 * <p>Callers catch {@link Exception}, not {@link RuntimeException}: Kotlin, Lombok's
 * {@code @SneakyThrows} and many functional libraries throw checked exceptions from methods that do
 * not declare them. An {@link Error} is no failure of an operation but of the program, so it is not
 * wrapped: a synchronous operation cleans up and lets it pass to its caller, and a thread that
 * serves others reports it and goes on.
 */
public enum ApplicationCode {
  LOADER(CacheLoaderException.class),
  WRITER(CacheWriterException.class),
  /** A processor that calls caches may let their exceptions pass, as the reference does. */
  PROCESSOR(CacheException.class),
  /** A listener or its filter. */
  LISTENER(CacheEntryListenerException.class),
  /** A factory, a codec, or a method of a key or value. */
  OTHER(CacheException.class);

  private final Class<? extends CacheException> documented;

  ApplicationCode(Class<? extends CacheException> documented) {
    this.documented = documented;
  }

  /**
   * Returns the documented exception for something that was thrown: the same object if it is of
   * that type already. Sets the interrupt flag again if it was an {@link InterruptedException}.
   *
   * @param code the application's object, or a description of it
   * @param thrown what its method threw
   */
  public CacheException failure(@Nullable Object code, Throwable thrown) {
    keepInterrupt(thrown);
    return documented.isInstance(thrown)
        ? documented.cast(thrown)
        : wrapped(name(code) + " failed: " + message(thrown), thrown);
  }

  /**
   * Creates an object of the application.
   *
   * @param what its description, for messages
   * @throws CacheException if the factory throws an exception or has no object
   */
  public static <T> T create(String what, Factory<? extends T> factory) {
    @Nullable T created;
    try {
      created = factory.create();
    } catch (Exception e) {
      throw OTHER.failure("The factory of the " + what + ", " + name(factory) + ",", e);
    }
    if (created == null) {
      throw new CacheException(
          "The factory of the %s, %s, returned null".formatted(what, name(factory)));
    }
    return created;
  }

  /** Closes an object of the application, if it can be, since something else failed. */
  public static void closeAfter(Throwable failure, @Nullable Object object) {
    if (object instanceof Closeable closeable) {
      try {
        closeable.close();
      } catch (Throwable e) {
        Throwable unused = first(failure, e);
      }
    }
  }

  /**
   * Returns the first of two failures, with the other one suppressed.
   *
   * @param first the earlier failure, or {@code null}
   */
  public static Throwable first(@Nullable Throwable first, Throwable next) {
    if (first == null) {
      return next;
    }
    if (first != next) { // code may throw the same object each time
      first.addSuppressed(next);
    }
    return first;
  }

  /** Throws a failure that was kept until now: an unchecked exception or an error. */
  public static void rethrow(@Nullable Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    } else if (failure instanceof RuntimeException exception) {
      throw exception;
    } else if (failure != null) {
      throw OTHER.failure("The operation", failure);
    }
  }

  /** Sets the interrupt flag again if it was thrown in place of the flag. */
  public static void keepInterrupt(Throwable thrown) {
    if (thrown instanceof InterruptedException) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns the text of an object of the application, or its class if it cannot be had. */
  public static String name(@Nullable Object object) {
    try {
      return String.valueOf(object);
    } catch (Exception toStringFailed) { // the failure that is being reported matters more
      return object == null ? "null" : object.getClass().getName();
    }
  }

  /** The class and message of a failure: many have no message, or one that says nothing alone. */
  private static String message(Throwable thrown) {
    try {
      return thrown.toString();
    } catch (Exception getMessageFailed) { // as above
      return thrown.getClass().getName();
    }
  }

  private CacheException wrapped(String message, Throwable cause) {
    return switch (this) {
      case LOADER -> new CacheLoaderException(message, cause);
      case WRITER -> new CacheWriterException(message, cause);
      case PROCESSOR -> new EntryProcessorException(message, cause);
      case LISTENER -> new CacheEntryListenerException(message, cause);
      case OTHER -> new CacheException(message, cause);
    };
  }
}
