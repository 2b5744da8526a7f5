@NullMarked
package io.yokedcache.jcache.internal.backend;

import org.jspecify.annotations.NullMarked;
