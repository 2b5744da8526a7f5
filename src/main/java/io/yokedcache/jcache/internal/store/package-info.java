/**
 * Entries as Redis strings. {@link io.yokedcache.jcache.internal.store.EntryStore} reads them, and
 * {@link io.yokedcache.jcache.internal.store.EntryChanges} changes them. Both send their requests
 * by the {@link io.yokedcache.jcache.internal.store.generation.GenerationGuard}, and have a {@link
 * io.yokedcache.jcache.internal.store.Settlement} remove what is owed before they use an entry.
 * Their shared view of the cache is a {@link io.yokedcache.jcache.internal.store.StoredCache}.
 */
@NullMarked
package io.yokedcache.jcache.internal.store;

import org.jspecify.annotations.NullMarked;
