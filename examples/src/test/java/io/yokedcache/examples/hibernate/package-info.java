/** Hibernate's second-level cache on one Redis, shared by several JVMs and session factories. */
@NullMarked
package io.yokedcache.examples.hibernate;

import org.jspecify.annotations.NullMarked;
