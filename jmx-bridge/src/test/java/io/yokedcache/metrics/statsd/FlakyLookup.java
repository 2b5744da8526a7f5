package io.yokedcache.metrics.statsd;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.atomic.AtomicInteger;

/** A name server that knows no host at first. */
final class FlakyLookup implements HostAddress.Lookup {

  private final int failures;
  private final AtomicInteger calls = new AtomicInteger();

  FlakyLookup(int failures) {
    this.failures = failures;
  }

  int calls() {
    return calls.get();
  }

  @Override
  public InetAddress[] lookup(String host) throws UnknownHostException {
    if (calls.incrementAndGet() <= failures) {
      throw new UnknownHostException(host);
    }
    return InetAddress.getAllByName(host);
  }
}
