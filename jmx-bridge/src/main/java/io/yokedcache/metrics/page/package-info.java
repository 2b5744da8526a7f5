/** The live status page: the figures of caches, drawn for people who have nothing but a browser. */
@NullMarked
package io.yokedcache.metrics.page;

import org.jspecify.annotations.NullMarked;
