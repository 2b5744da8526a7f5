package io.yokedcache.jcache.internal.jmx;

import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * What is known of the codecs of a cache. Safe for use by several threads.
 *
 * @param undecodable how many keys and values could not be decoded so far
 * @param undecodableByReason the same by reason
 * @param learnedTypes the classes that were learned from use, sorted
 */
public record CodecFigures(
    LongSupplier undecodable,
    Supplier<Map<String, Long>> undecodableByReason,
    Supplier<List<String>> learnedTypes) {}
