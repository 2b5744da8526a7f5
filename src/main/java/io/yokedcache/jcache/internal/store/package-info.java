/** Entries as Redis strings: keys, generations, mutations. */
@NullMarked
package io.yokedcache.jcache.internal.store;

import org.jspecify.annotations.NullMarked;
