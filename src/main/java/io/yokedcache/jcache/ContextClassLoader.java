package io.yokedcache.jcache;

import org.jspecify.annotations.Nullable;

/**
 * Finds classes where a parent does, else where another loader does: by default the context class
 * loader of the thread that asks. Applications put keys and values on the class path that only the
 * context loader sees, and read them from threads that have another one.
 */
final class ContextClassLoader extends ClassLoader {

  static {
    registerAsParallelCapable();
  }

  private final @Nullable ClassLoader fallback;

  /** A loader that falls back to the context loader of the calling thread. */
  ContextClassLoader(ClassLoader parent) {
    super(parent);
    this.fallback = null;
  }

  /** A loader that falls back to a given one. */
  ContextClassLoader(ClassLoader parent, @Nullable ClassLoader fallback) {
    super(parent);
    this.fallback = fallback;
  }

  @Override
  protected Class<?> findClass(String name) throws ClassNotFoundException {
    ClassLoader other =
        fallback != null ? fallback : Thread.currentThread().getContextClassLoader();
    if (other == null || other == this) {
      throw new ClassNotFoundException(name);
    }
    return other.loadClass(name);
  }
}
