/** Whether servers answer, and have the commands that are needed. */
@NullMarked
package io.yokedcache.jcache.internal.redis.health;

import org.jspecify.annotations.NullMarked;
