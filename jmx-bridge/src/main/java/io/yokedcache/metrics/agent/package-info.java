/** Starts the bridge as a process or as a Java agent. */
@NullMarked
package io.yokedcache.metrics.agent;

import org.jspecify.annotations.NullMarked;
