@NullMarked
package io.yokedcache.jcache.internal.codec.wrap;

import org.jspecify.annotations.NullMarked;
