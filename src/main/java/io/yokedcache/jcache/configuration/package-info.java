/** Configuration of a cache in code, and the settings of a cache manager. */
@NullMarked
package io.yokedcache.jcache.configuration;

import org.jspecify.annotations.NullMarked;
