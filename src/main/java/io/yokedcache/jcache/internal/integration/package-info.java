/** Cache loaders and writers, guarded and wrapped. */
@NullMarked
package io.yokedcache.jcache.internal.integration;

import org.jspecify.annotations.NullMarked;
