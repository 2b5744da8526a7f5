package io.yokedcache.metrics.statsd;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** Finds the address of a host; may take as long as it likes. */
@FunctionalInterface
interface AddressLookup {
  InetAddress lookup(String host) throws UnknownHostException;
}
