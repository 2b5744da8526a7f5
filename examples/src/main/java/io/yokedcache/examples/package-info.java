/** Runnable examples: plain JCache here, others in a package each. */
@NullMarked
package io.yokedcache.examples;

import org.jspecify.annotations.NullMarked;
