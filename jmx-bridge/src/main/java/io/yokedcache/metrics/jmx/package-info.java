/** Reads the MBeans that JSR-107 names, of any provider. */
@NullMarked
package io.yokedcache.metrics.jmx;

import org.jspecify.annotations.NullMarked;
