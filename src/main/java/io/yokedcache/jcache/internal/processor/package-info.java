/** Runs entry processors. */
@NullMarked
package io.yokedcache.jcache.internal.processor;

import org.jspecify.annotations.NullMarked;
