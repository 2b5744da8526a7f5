/** The tags of entries: the headers of entries, and the tokens of the tags. */
@NullMarked
package io.yokedcache.jcache.internal.store.tags;

import org.jspecify.annotations.NullMarked;
