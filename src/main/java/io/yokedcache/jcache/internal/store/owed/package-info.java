/** The invalidations that a manager owes, since changes failed. */
@NullMarked
package io.yokedcache.jcache.internal.store.owed;

import org.jspecify.annotations.NullMarked;
