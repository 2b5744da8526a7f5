package io.yokedcache.jcache.internal.metrics;

import java.util.Locale;

/** Why operations fail; a small fixed set, so that metrics stay few. */
public enum ErrorType {
  /** Redis could not be reached, or the connection was lost. */
  CONNECTION,
  /** Redis, or a free connection to it, was not there in time. */
  TIMEOUT,
  /** A key or a value could not be encoded. */
  CODEC,
  /** The application's cache loader failed. */
  LOADER,
  /** The application's cache writer failed. */
  WRITER,
  /** The application's entry processor failed. */
  PROCESSOR,
  /** A synchronous listener of the application failed. */
  LISTENER,
  /** Anything else. */
  OTHER;

  /** The name in MBeans and metrics. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
