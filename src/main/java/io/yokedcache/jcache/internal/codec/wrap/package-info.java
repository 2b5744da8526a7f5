/** Compresses and encrypts the bytes of values between the codecs and Redis. */
@NullMarked
package io.yokedcache.jcache.internal.codec.wrap;

import org.jspecify.annotations.NullMarked;
