/** The error replies of Redis: what they mean, and what messages say about them. */
@NullMarked
package io.yokedcache.jcache.internal.redis.error;

import org.jspecify.annotations.NullMarked;
