/** The sets of current entries: which one each bucket has, and that each operation verifies it. */
@NullMarked
package io.yokedcache.jcache.internal.store.generation;

import org.jspecify.annotations.NullMarked;
