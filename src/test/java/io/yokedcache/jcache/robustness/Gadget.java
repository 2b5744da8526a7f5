package io.yokedcache.jcache.robustness;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.Serializable;
import java.util.concurrent.atomic.AtomicInteger;

/** A class that does something when it is deserialised, as those of attackers do. */
class Gadget implements Serializable {

  private static final long serialVersionUID = 1L;

  /** How often one was deserialised. */
  static final AtomicInteger RUNS = new AtomicInteger();

  private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
    RUNS.incrementAndGet();
    in.defaultReadObject();
  }

  /** Another one. */
  static final class Second extends Gadget {

    private static final long serialVersionUID = 1L;
  }
}
