/** The parts of the compose file agree with each other and with Prometheus. */
@NullMarked
package io.yokedcache.examples.compose;

import org.jspecify.annotations.NullMarked;
