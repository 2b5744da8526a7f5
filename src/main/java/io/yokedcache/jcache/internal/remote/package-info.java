/** Events of changes that other JVMs make. */
@NullMarked
package io.yokedcache.jcache.internal.remote;

import org.jspecify.annotations.NullMarked;
