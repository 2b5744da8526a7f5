/** The examples in the manual. */
@NullMarked
package io.yokedcache.examples.docs;

import org.jspecify.annotations.NullMarked;
