/** The JSR-107 provider on Redis, found by {@code Caching.getCachingProvider()}. */
@NullMarked
package io.yokedcache.jcache;

import org.jspecify.annotations.NullMarked;
