package io.yokedcache.jcache.internal.near;

/**
 * The state of a near cache before an entry is read from Redis.
 *
 * @param name the name of the near entry
 * @param keyBytes the length of the encoded key
 * @param invalidations the number of invalidations of the name, and of others with the same hash
 * @param flushes the number of flushes of the bucket
 * @param unknownInvalidations the number of invalidations in the bucket of unknown generations
 * @param epochNumber the number of the bucket's last epoch
 * @param generationChanges the number of changes of the key of the bucket's generation
 * @param tagInvalidations the number of invalidations of tags
 * @param startNanos the time of the ticket
 */
public record Ticket(
    Object name,
    int keyBytes,
    int invalidations,
    int flushes,
    int unknownInvalidations,
    int epochNumber,
    long generationChanges,
    int tagInvalidations,
    long startNanos) {}
