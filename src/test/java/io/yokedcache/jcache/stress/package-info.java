/**
 * Several JVMs on one Redis, through nothing but the JCache API: whatever they do at once must add
 * up.
 */
@NullMarked
package io.yokedcache.jcache.stress;

import org.jspecify.annotations.NullMarked;
