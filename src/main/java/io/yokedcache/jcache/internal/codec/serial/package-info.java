/** Java serialisation with a list of allowed classes and with limits. */
@NullMarked
package io.yokedcache.jcache.internal.codec.serial;

import org.jspecify.annotations.NullMarked;
