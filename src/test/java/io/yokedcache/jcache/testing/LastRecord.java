package io.yokedcache.jcache.testing;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.runtime.ObjectMethods;

/**
 * Java 17 holds the class of a component of that record whose {@code equals} was linked last, in
 * {@link ObjectMethods}. A test that waits until a class loader is collected links this one first.
 */
public record LastRecord(RedisServer component) {

  /** Makes this record the last one. */
  public static void link() {
    MethodHandles.Lookup lookup = MethodHandles.lookup();
    try {
      Object unused =
          ObjectMethods.bootstrap(
              lookup,
              "equals",
              MethodHandle.class,
              LastRecord.class,
              "component",
              lookup.findGetter(LastRecord.class, "component", RedisServer.class));
    } catch (Throwable e) {
      throw new IllegalStateException("The record cannot be linked", e);
    }
  }
}
