/** The names of the keys of a cache in Redis, and scans of them. */
@NullMarked
package io.yokedcache.jcache.internal.store.keys;

import org.jspecify.annotations.NullMarked;
