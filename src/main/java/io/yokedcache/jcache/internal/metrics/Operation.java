package io.yokedcache.jcache.internal.metrics;

/** The operations and phases that are counted and timed, with their names in MBeans and metrics. */
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
  INVALIDATE_MATCHING("invalidateMatching"),
  INVALIDATE_TAGS("invalidateTags"),
  EXPIRE("expire"),
  TTL("ttl"),
  /** A call of the application's cache loader, for one key or for several. */
  LOAD("load"),
  /** A call of the application's cache writer, for one key or for several. */
  WRITE("write"),
  /** An entry that an iterator returned. */
  ITERATE("iterate"),
  /** A phase: a round trip's wait for a connection. Phases have no errors, and no failed times. */
  QUEUE("queue"),
  /** A phase: from writing the commands of a round trip until its last reply is read. */
  NETWORK("network"),
  /** A phase: encoding and decoding the keys and values of one operation. */
  CODEC("codec");

  private final String label;

  Operation(String label) {
    this.label = label;
  }

  /** The name of JSR-107's method, or of the phase. */
  public String label() {
    return label;
  }
}
