/** The settings, and how they are read and checked: files, URIs, properties, environment. */
@NullMarked
package io.yokedcache.jcache.internal.settings;

import org.jspecify.annotations.NullMarked;
