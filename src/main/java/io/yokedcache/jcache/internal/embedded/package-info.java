/** The private redis-server behind {@code embedded:redis}. */
@NullMarked
package io.yokedcache.jcache.internal.embedded;

import org.jspecify.annotations.NullMarked;
