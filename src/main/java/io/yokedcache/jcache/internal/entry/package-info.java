/** Operations on one entry: conditions, expiry, write-through, locks, tickets of loads. */
@NullMarked
package io.yokedcache.jcache.internal.entry;

import org.jspecify.annotations.NullMarked;
