/**
 * What other libraries implement to be started with each cache manager, such as bridges to metric
 * systems.
 */
@NullMarked
package io.yokedcache.jcache.spi;

import org.jspecify.annotations.NullMarked;
