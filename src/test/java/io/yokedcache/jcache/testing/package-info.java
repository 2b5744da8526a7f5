/** What the tests of several packages share. */
@NullMarked
package io.yokedcache.jcache.testing;

import org.jspecify.annotations.NullMarked;
