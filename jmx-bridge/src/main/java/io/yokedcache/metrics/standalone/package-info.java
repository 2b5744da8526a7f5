/** The bridge as a process of its own, which reads other JVMs: {@code java -jar}. */
@NullMarked
package io.yokedcache.metrics.standalone;

import org.jspecify.annotations.NullMarked;
