package io.yokedcache.examples.hibernate;

/**
 * What an application answers.
 *
 * @param text what it found or wrote
 * @param statements how many SQL statements it needed for that; 0 says that the cache had it all
 */
record Reply(String text, long statements) {}
