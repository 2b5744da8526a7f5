/** The table of the series that leave the bridge: names, kinds, labels, and how each is read. */
@NullMarked
package io.yokedcache.metrics.series;

import org.jspecify.annotations.NullMarked;
