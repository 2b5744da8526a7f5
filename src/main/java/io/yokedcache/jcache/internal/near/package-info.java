/** Near caches: entries in this JVM's memory, invalidated by Redis' client tracking. */
@NullMarked
package io.yokedcache.jcache.internal.near;

import org.jspecify.annotations.NullMarked;
