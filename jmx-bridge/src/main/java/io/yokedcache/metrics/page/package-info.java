/** The live status page: the figures of caches in a browser. */
@NullMarked
package io.yokedcache.metrics.page;

import org.jspecify.annotations.NullMarked;
