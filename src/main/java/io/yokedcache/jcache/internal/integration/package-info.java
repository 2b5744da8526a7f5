/**
 * The application's code: cache loaders and writers, and the exceptions for failures of all of it.
 */
@NullMarked
package io.yokedcache.jcache.internal.integration;

import org.jspecify.annotations.NullMarked;
