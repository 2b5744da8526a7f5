/** The figures of caches, sent to an OpenTelemetry collector by OTLP. */
@NullMarked
package io.yokedcache.metrics.otlp;

import org.jspecify.annotations.NullMarked;
