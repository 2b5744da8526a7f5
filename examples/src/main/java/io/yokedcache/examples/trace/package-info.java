/** Replays a recorded access trace against a cache. */
@NullMarked
package io.yokedcache.examples.trace;

import org.jspecify.annotations.NullMarked;
