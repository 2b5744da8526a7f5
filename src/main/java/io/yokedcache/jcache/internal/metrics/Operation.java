package io.yokedcache.jcache.internal.metrics;

/**
 * What is counted and timed apart, by the names that MBeans and metrics show: operations, and parts
 * of them.
 */
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
  ITERATE("iterate"),
  /** A part: a round trip's wait for a connection. Parts have no errors, failed ones no times. */
  QUEUE("queue"),
  /** A part: from writing the commands of a round trip until its last reply is read. */
  NETWORK("network"),
  /** A part: what encoding and decoding keys and values took of one operation. */
  CODEC("codec");

  private final String label;

  Operation(String label) {
    this.label = label;
  }

  /** The name, which is that of JSR-107's method if there is one. */
  public String label() {
    return label;
  }
}
