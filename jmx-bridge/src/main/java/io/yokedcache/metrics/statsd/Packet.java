package io.yokedcache.metrics.statsd;

/**
 * The text of one datagram.
 *
 * @param text lines, with line breaks between them and none at the end
 * @param events how many measurements are in it
 */
record Packet(String text, int events) {}
