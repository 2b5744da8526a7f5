package io.yokedcache.metrics.statsd;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.concurrent.CountDownLatch;

/** A name server that does not answer until it is told to. */
final class HungLookup implements HostAddress.Lookup {

  private final CountDownLatch answer = new CountDownLatch(1);

  void release() {
    answer.countDown();
  }

  @Override
  public InetAddress[] lookup(String host) throws UnknownHostException {
    try {
      answer.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnknownHostException(host);
    }
    return InetAddress.getAllByName(host);
  }
}
