/** The settings of the bridge, and the bridge as they describe it. */
@NullMarked
package io.yokedcache.metrics.bridge;

import org.jspecify.annotations.NullMarked;
