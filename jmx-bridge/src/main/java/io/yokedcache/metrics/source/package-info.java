/** Reads the MBeans that JSR-107 names, of any provider. */
@NullMarked
package io.yokedcache.metrics.source;

import org.jspecify.annotations.NullMarked;
