/** Real servers for tests: found on this machine, started by the test, ended by it. */
@NullMarked
package io.yokedcache.metrics.testing;

import org.jspecify.annotations.NullMarked;
