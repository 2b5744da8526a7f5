package io.yokedcache.metrics.statsd;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/** Finds the addresses of a host; may take as long as it likes. */
@FunctionalInterface
interface AddressLookup {

  InetAddress lookup(String host) throws UnknownHostException;

  /** Finds all of them, the best one first: a name may stand for IPv4 and IPv6. */
  default List<InetAddress> lookupAll(String host) throws UnknownHostException {
    return List.of(lookup(host));
  }

  /** The look-up of this system. */
  static AddressLookup ofSystem() {
    return new AddressLookup() {
      @Override
      public InetAddress lookup(String host) throws UnknownHostException {
        return InetAddress.getByName(host);
      }

      @Override
      public List<InetAddress> lookupAll(String host) throws UnknownHostException {
        return List.of(InetAddress.getAllByName(host));
      }
    };
  }
}
