package io.yokedcache.jcache.configuration;

/** How commands of several threads get to the server. */
public enum ExecutorKind {
  /** Those that come at the same time travel together, over two connections that all share. */
  PIPELINED,
  /** Each thread borrows a connection from a pool. */
  POOLED
}
