/** The settings of the bridge, and the bridge as they describe it. */
@NullMarked
package io.yokedcache.metrics.configuration;

import org.jspecify.annotations.NullMarked;
