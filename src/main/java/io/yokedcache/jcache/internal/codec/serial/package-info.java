/** Java serialisation behind a list of allowed classes and limits. */
@NullMarked
package io.yokedcache.jcache.internal.codec.serial;

import org.jspecify.annotations.NullMarked;
