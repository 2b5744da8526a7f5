/** Configuration of a cache in code. */
@NullMarked
package io.yokedcache.jcache.configuration;

import org.jspecify.annotations.NullMarked;
