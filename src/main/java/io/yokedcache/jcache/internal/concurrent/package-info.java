/** Threads, waits and stacks: bounded in time, and alive after any error. */
@NullMarked
package io.yokedcache.jcache.internal.concurrent;

import org.jspecify.annotations.NullMarked;
