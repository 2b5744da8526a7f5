/** Judges what the official compatibility kit reported about the provider. */
@NullMarked
package io.yokedcache.tck;

import org.jspecify.annotations.NullMarked;
