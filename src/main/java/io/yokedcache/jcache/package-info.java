/** The JSR-107 provider on Redis: what {@code Caching.getCachingProvider()} finds. */
@NullMarked
package io.yokedcache.jcache;

import org.jspecify.annotations.NullMarked;
