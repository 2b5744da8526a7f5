/** How keys and values become bytes, and back. */
@NullMarked
package io.yokedcache.jcache.codec;

import org.jspecify.annotations.NullMarked;
