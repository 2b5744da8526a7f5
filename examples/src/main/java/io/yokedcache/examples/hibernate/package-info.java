/** Hibernate with YokedCache as its second-level cache, and the figures of its regions. */
@NullMarked
package io.yokedcache.examples.hibernate;

import org.jspecify.annotations.NullMarked;
