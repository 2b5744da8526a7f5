/** What one operation does to one entry: condition, expiry, write-through, atomicity. */
@NullMarked
package io.yokedcache.jcache.internal.entry;

import org.jspecify.annotations.NullMarked;
