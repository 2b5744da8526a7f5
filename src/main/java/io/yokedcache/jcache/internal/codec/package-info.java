/** Creates the codecs that the settings name. */
@NullMarked
package io.yokedcache.jcache.internal.codec;

import org.jspecify.annotations.NullMarked;
