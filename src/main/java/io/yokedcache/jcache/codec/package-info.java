/** Codecs turn keys and values into bytes and back. */
@NullMarked
package io.yokedcache.jcache.codec;

import org.jspecify.annotations.NullMarked;
