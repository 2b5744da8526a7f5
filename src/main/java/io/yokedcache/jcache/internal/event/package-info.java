/** Listeners, filters, and delivery in key order. */
@NullMarked
package io.yokedcache.jcache.internal.event;

import org.jspecify.annotations.NullMarked;
