package io.yokedcache.metrics.statsd;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** A name server whose answer changes. */
final class MovingLookup implements HostAddress.Lookup {

  private volatile String address;

  MovingLookup(String address) {
    this.address = address;
  }

  void moveTo(String newAddress) {
    address = newAddress;
  }

  @Override
  public InetAddress[] lookup(String host) throws UnknownHostException {
    return InetAddress.getAllByName(address);
  }
}
