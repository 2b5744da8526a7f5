/**
 * What happens when something goes wrong: outages, lost connections, evicted keys, hostile bytes,
 * wrong credentials and certificates, always with real servers.
 */
@NullMarked
package io.yokedcache.jcache.robustness;

import org.jspecify.annotations.NullMarked;
