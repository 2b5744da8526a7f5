/** Statistics, MBeans and their registration; the only user of JMX. */
@NullMarked
package io.yokedcache.jcache.internal.management;

import org.jspecify.annotations.NullMarked;
