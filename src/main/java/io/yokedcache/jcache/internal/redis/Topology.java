package io.yokedcache.jcache.internal.redis;

import java.util.List;

/**
 * The masters of a deployment and the keys that each holds, as this JVM knows them now. Safe for
 * use by several threads; no method waits for a server.
 */
public interface Topology {

  /**
   * A server that holds keys and accepts changes. A node that takes the place of another one is
   * another master.
   *
   * @param name its address, {@code host:port}; of a stand-alone server and with Sentinel one name
   *     for the deployment, whichever server is the master
   * @param endpoint for connections that are not for operations
   */
  record Master(String name, Endpoint endpoint) {}

  /** The present masters, at least one. */
  List<Master> masters();

  /** The master that holds the slot of a key. */
  Master masterOf(Bytes route);

  /**
   * A number that grows before a request for a key may go to another server than before: before a
   * redirect is followed, and before a change of the slots takes effect. As long as it stays the
   * same, every request went to one server. After it grew, the {@linkplain #onChange listeners} are
   * called as soon as the slots were read again, even if they are the same.
   */
  default long version(Bytes route) {
    return 0;
  }

  /** The present endpoint of a master, or the given one if it is no master any more. */
  default Endpoint endpoint(Master master) {
    for (Master present : masters()) {
      if (present.name().equals(master.name())) {
        return present.endpoint();
      }
    }
    return master.endpoint();
  }

  /**
   * Calls a listener after each change of the masters or of their slots, in a background thread.
   * The listener must not wait.
   */
  void onChange(Runnable listener);
}
