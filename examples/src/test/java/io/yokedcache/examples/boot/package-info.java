/** The example for Spring Boot, built with several versions of it and run as its users do. */
@NullMarked
package io.yokedcache.examples.boot;

import org.jspecify.annotations.NullMarked;
