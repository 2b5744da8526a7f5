/** Reads with read-through: near entries, entries in Redis, and loads of the missing ones. */
@NullMarked
package io.yokedcache.jcache.internal.load;

import org.jspecify.annotations.NullMarked;
