/** Keys as canonical bytes. */
@NullMarked
package io.yokedcache.jcache.internal.codec.key;

import org.jspecify.annotations.NullMarked;
