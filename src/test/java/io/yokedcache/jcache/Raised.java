package io.yokedcache.jcache;

import java.io.IOException;

/** The ways in which code of an application fails: all that the JVM lets a method throw. */
enum Raised {
  UNCHECKED(IllegalStateException.class),
  /** As Kotlin throws, and Java with Lombok's {@code @SneakyThrows}. */
  UNDECLARED(IOException.class),
  UNDECLARED_INTERRUPTION(InterruptedException.class),
  ERROR(LinkageError.class);

  private final Class<? extends Throwable> type;

  Raised(Class<? extends Throwable> type) {
    this.type = type;
  }

  Class<? extends Throwable> type() {
    return type;
  }

  /** Throws it. */
  void raise() {
    Thrower.<RuntimeException>of(exception()).run();
  }

  private Throwable exception() {
    return switch (this) {
      case UNCHECKED -> new IllegalStateException("as asked");
      case UNDECLARED -> new IOException("as asked");
      case UNDECLARED_INTERRUPTION -> new InterruptedException("as asked");
      case ERROR -> new LinkageError("as asked");
    };
  }

  /**
   * Deceives the compiler, as compilers of other languages do.
   *
   * @param <E> what it is said to throw
   */
  private record Thrower<E extends Throwable>(Throwable thrown) {

    static <E extends Throwable> Thrower<E> of(Throwable thrown) {
      return new Thrower<>(thrown);
    }

    @SuppressWarnings({"unchecked", "DoNotCallSuggester"}) // this is the deceit
    void run() throws E {
      throw (E) thrown;
    }
  }
}
