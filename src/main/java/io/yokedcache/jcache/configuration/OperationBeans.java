package io.yokedcache.jcache.configuration;

/** Which operations of caches with statistics have an MBean of their own. */
public enum OperationBeans {
  /** Those that were used, from their first use on. */
  USED,
  ALL,
  NONE
}
