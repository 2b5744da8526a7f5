/** What is measured: JCache providers and plain clients behind one interface. */
@NullMarked
package io.yokedcache.benchmarks.contender;

import org.jspecify.annotations.NullMarked;
