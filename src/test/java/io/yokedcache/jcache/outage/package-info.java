/**
 * Faults of real servers and connections under load, and checks of what the caches answered: values
 * that were lost or came back, and histories of single keys.
 */
@NullMarked
package io.yokedcache.jcache.outage;

import org.jspecify.annotations.NullMarked;
