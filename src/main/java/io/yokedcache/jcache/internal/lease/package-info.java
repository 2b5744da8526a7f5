/** Rights that one JVM at a time has, held in keys of Redis that expire. */
@NullMarked
package io.yokedcache.jcache.internal.lease;

import org.jspecify.annotations.NullMarked;
