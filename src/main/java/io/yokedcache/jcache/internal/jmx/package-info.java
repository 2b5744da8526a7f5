/** MBeans: their figures, names, registration and notifications; the only user of JMX. */
@NullMarked
package io.yokedcache.jcache.internal.jmx;

import org.jspecify.annotations.NullMarked;
