/** Entries as Redis strings; the only user of Jedis. */
@NullMarked
package io.yokedcache.jcache.internal.store;

import org.jspecify.annotations.NullMarked;
