/**
 * Interfaces of libraries that are started with each cache manager, for example bridges to metric
 * systems.
 */
@NullMarked
package io.yokedcache.jcache.spi;

import org.jspecify.annotations.NullMarked;
