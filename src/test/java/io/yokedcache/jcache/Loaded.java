package io.yokedcache.jcache;

import java.io.Serializable;

/** A value of which two equal ones can be told apart. */
record Loaded(String text) implements Serializable {}
