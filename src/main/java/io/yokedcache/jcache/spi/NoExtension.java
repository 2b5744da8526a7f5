package io.yokedcache.jcache.spi;

/** Nothing to do. */
enum NoExtension implements StartedExtension {
  INSTANCE;

  @Override
  public void close() {}
}
