/** From a JSR-107 expiry policy to times to live. */
@NullMarked
package io.yokedcache.jcache.internal.expiry;

import org.jspecify.annotations.NullMarked;
