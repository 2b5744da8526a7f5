/** Reads and checks settings: files, URIs, properties, environment variables. */
@NullMarked
package io.yokedcache.jcache.internal.settings;

import org.jspecify.annotations.NullMarked;
