/** Starts the bridge without a line of code: with YokedCache's managers, or as a Java agent. */
@NullMarked
package io.yokedcache.metrics.agent;

import org.jspecify.annotations.NullMarked;
