/** Operations on one entry: conditions, expiry, write-through, loads, atomicity. */
@NullMarked
package io.yokedcache.jcache.internal.entry;

import org.jspecify.annotations.NullMarked;
