package io.yokedcache.jcache.internal.metrics;

import java.util.Locale;

/** The causes of failed operations; a small fixed set, which bounds the number of series. */
public enum ErrorType {
  /** Redis could not be reached, or the connection was lost. */
  CONNECTION,
  /** Redis did not answer in time, or no connection became free in time. */
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
  /** Any other cause. */
  OTHER;

  /** The name in MBeans and metrics. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
