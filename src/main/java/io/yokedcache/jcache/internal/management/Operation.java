package io.yokedcache.jcache.internal.management;

/** What is counted and timed apart, by the names that MBeans and metrics show. */
public enum Operation {
  GET("get"),
  GET_ALL("getAll"),
  CONTAINS_KEY("containsKey"),
  PUT("put"),
  PUT_ALL("putAll"),
  PUT_IF_ABSENT("putIfAbsent"),
  GET_AND_PUT("getAndPut"),
  REPLACE("replace"),
  GET_AND_REPLACE("getAndReplace"),
  REMOVE("remove"),
  GET_AND_REMOVE("getAndRemove"),
  REMOVE_ALL("removeAll"),
  CLEAR("clear"),
  INVOKE("invoke"),
  INVOKE_ALL("invokeAll"),
  /** A call of the application's cache loader, for one key or for several. */
  LOAD("load"),
  /** A call of the application's cache writer, for one key or for several. */
  WRITE("write"),
  /** An entry that an iterator returned. */
  ITERATE("iterate");

  private final String label;

  Operation(String label) {
    this.label = label;
  }

  /** The name as JSR-107 spells its method. */
  public String label() {
    return label;
  }
}
