package io.yokedcache.jcache.internal.near;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The state of one bucket, which has one generation at a time on one server: whether its near
 * entries, which are in {@link NearCache}, may be used, and whether a read may leave one. Safe for
 * use by several threads; its volatile fields are written under its monitor.
 */
final class NearBucket {

  /** The number of times that the generation's key was changed; see {@link Epoch}. */
  private final AtomicLong generationChanges = new AtomicLong();

  /** The number of invalidations of entries of generations that were not known. */
  private final AtomicInteger unknownInvalidations = new AtomicInteger();

  private volatile Source source = Source.NONE;

  /** How often reads under way were told to leave no near entry. */
  private volatile int flushes;

  /** The epoch of the near entries, or {@code null} before the first. */
  private volatile @Nullable Epoch epoch;

  /** The number of the last epoch that began; written after the epoch. */
  private volatile int epochNumber;

  boolean isTrackedBy(Tracking tracking) {
    return source.tracking() == tracking;
  }

  /** Ends the epoch, and has reads under way leave no near entry. */
  synchronized void flush() {
    flushes++;
    Epoch known = epoch;
    if (known != null) {
      epoch = null;
      known.end();
    }
  }

  /** Takes another source, and returns whether the near entries were dropped. */
  synchronized boolean follow(Source next) {
    Source before = source;
    if (before.isSameAs(next)) {
      return false;
    }
    source = next;
    flush();
    return before.tracking() != next.tracking();
  }

  /** Notes that the generation's key was changed, so that the generation may be over. */
  void generationChanged() {
    generationChanges.incrementAndGet();
  }

  /**
   * Notes an invalidation of an entry of a generation.
   *
   * @return whether near entries may be of that generation
   */
  boolean invalidated(String token) {
    if (isEpochOf(token)) {
      return true;
    }
    unknownInvalidations.incrementAndGet();
    return isEpochOf(token); // it may have begun just now, and its first near entry may be old
  }

  private boolean isEpochOf(String token) {
    Epoch known = epoch;
    return known != null && known.isOf(token);
  }

  boolean hasEpoch() {
    return epoch != null;
  }

  /**
   * Returns a ticket, to be taken before an entry of the bucket is read from Redis.
   *
   * @param invalidations returns the number of invalidations of the name
   * @param tagInvalidations the number of invalidations of tags
   */
  Ticket ticket(Object name, int keyBytes, StripedCounts invalidations, int tagInvalidations) {
    // The number first: every invalidation in an epoch that it covers is in the counts, or later.
    int number = epochNumber;
    return new Ticket(
        name,
        keyBytes,
        invalidations.of(name),
        flushes,
        unknownInvalidations.get(),
        number,
        generationChanges.get(),
        tagInvalidations,
        System.nanoTime());
  }

  /**
   * The epoch of a generation that was current when an entry was read, or {@code null} if it may be
   * over, or if the entry may have been read from a server that is not tracked for it.
   *
   * @param token the token of the generation
   * @param ended is told that an epoch ended
   */
  @Nullable Epoch epoch(Ticket ticket, String token, Runnable ended) {
    if (!source.isCurrent() || ticket.flushes() != flushes) {
      return null;
    }
    Epoch known = epoch;
    if (known != null && known.isOf(token)) {
      known.confirm(ticket.generationChanges());
      return known;
    }
    return begin(ticket, token, ended);
  }

  private synchronized @Nullable Epoch begin(Ticket ticket, String token, Runnable ended) {
    Epoch known = epoch;
    if (known != null && known.isOf(token)) {
      known.confirm(ticket.generationChanges());
      return known;
    }
    // An epoch that began after the ticket may be newer than the entry.
    if ((known != null && known.number() > ticket.epochNumber()) || ticket.flushes() != flushes) {
      return null;
    }
    Epoch next =
        new Epoch(
            token,
            epochNumber + 1,
            source.tracking(),
            generationChanges,
            ticket.generationChanges());
    epoch = next;
    epochNumber = next.number();
    if (known != null) {
      known.end();
      ended.run();
    }
    return next;
  }

  /** Whether no invalidation has arrived since a ticket that concerns a read after it. */
  boolean holds(Ticket ticket, Epoch epochOfEntry, StripedCounts invalidations) {
    // Invalidations that arrived before their generation was known are counted as unknown.
    boolean wasKnown = epochOfEntry.number() <= ticket.epochNumber();
    return flushes == ticket.flushes()
        && invalidations.of(ticket.name()) == ticket.invalidations()
        && (wasKnown || unknownInvalidations.get() == ticket.unknownInvalidations());
  }
}
