/** Settings of managers and caches: from code, URIs, properties and HOCON files. */
@NullMarked
package io.yokedcache.jcache.configuration;

import org.jspecify.annotations.NullMarked;
