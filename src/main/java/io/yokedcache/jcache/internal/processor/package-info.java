/** The mutable entry that an entry processor sees. */
@NullMarked
package io.yokedcache.jcache.internal.processor;

import org.jspecify.annotations.NullMarked;
