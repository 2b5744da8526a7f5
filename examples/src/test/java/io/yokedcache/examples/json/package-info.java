/** Values that programs in other languages read and write. */
@NullMarked
package io.yokedcache.examples.json;

import org.jspecify.annotations.NullMarked;
