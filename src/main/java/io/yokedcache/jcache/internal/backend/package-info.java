/** Assembles what one cache manager and one cache have in Redis. */
@NullMarked
package io.yokedcache.jcache.internal.backend;

import org.jspecify.annotations.NullMarked;
