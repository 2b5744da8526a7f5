/** Values as bytes. */
@NullMarked
package io.yokedcache.jcache.internal.codec.value;

import org.jspecify.annotations.NullMarked;
