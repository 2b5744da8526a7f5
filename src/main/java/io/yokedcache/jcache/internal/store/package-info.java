/** Entries as Redis strings: their reads and their changes. */
@NullMarked
package io.yokedcache.jcache.internal.store;

import org.jspecify.annotations.NullMarked;
