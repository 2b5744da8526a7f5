/** Work on all keys in the background: counts entries and deletes stale ones. */
@NullMarked
package io.yokedcache.jcache.internal.maintenance;

import org.jspecify.annotations.NullMarked;
