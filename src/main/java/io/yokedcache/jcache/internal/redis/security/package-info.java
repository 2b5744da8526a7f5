/** Credentials and certificates that change while a manager runs. */
@NullMarked
package io.yokedcache.jcache.internal.redis.security;

import org.jspecify.annotations.NullMarked;
