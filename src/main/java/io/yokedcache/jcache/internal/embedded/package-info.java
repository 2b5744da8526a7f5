/** The private servers behind {@code embedded:redis} and its siblings. */
@NullMarked
package io.yokedcache.jcache.internal.embedded;

import org.jspecify.annotations.NullMarked;
