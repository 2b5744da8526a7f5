package io.yokedcache.metrics.testing;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test, or a class of tests, that talks to programs which no build can bring along. Where one is
 * missing the test is left out and a line that begins with {@code LEFT OUT} says how to get it;
 * with the system property {@code peers.required=true} the test fails instead.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@ExtendWith(PeerCondition.class)
public @interface NeedsPeer {

  /** Returns what the test talks to. */
  Peer[] value();
}
