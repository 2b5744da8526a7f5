package io.yokedcache.jcache.codec;

import java.util.concurrent.atomic.AtomicReferenceArray;
import tools.jackson.core.util.BufferRecycler;
import tools.jackson.core.util.RecyclerPool;

/**
 * The buffers of Jackson that all codecs of this class loader share: at most one set for each slot,
 * which a thread finds by its id. A thread that finds its slot empty gets new buffers, so no thread
 * waits, and no thread keeps buffers when it is done, virtual threads included. Safe for use by
 * several threads.
 */
final class BufferSlots implements RecyclerPool<BufferRecycler> {

  static final BufferSlots SHARED = new BufferSlots();

  private static final long serialVersionUID = 1;

  /** A set of buffers takes some 20 KiB, or the size of large values. A power of two. */
  private static final int SLOTS = 64;

  private final transient AtomicReferenceArray<BufferRecycler> slots =
      new AtomicReferenceArray<>(SLOTS);

  private BufferSlots() {}

  @Override
  public BufferRecycler acquirePooled() {
    BufferRecycler found = slots.getAndSet(slot(), null);
    return found == null ? new BufferRecycler() : found;
  }

  @Override
  public void releasePooled(BufferRecycler buffers) {
    slots.lazySet(slot(), buffers);
  }

  private static int slot() {
    return (int) Thread.currentThread().getId() & (SLOTS - 1);
  }

  private Object readResolve() {
    return SHARED;
  }
}
