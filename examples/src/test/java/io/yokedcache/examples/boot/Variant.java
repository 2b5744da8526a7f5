package io.yokedcache.examples.boot;

import java.util.Locale;

/**
 * A way to build the example.
 *
 * @param springBoot the version of Spring Boot, which manages those of Jedis and of the Prometheus
 *     client
 * @param order which of two dependencies that both bring the Prometheus client stands first
 */
record Variant(String springBoot, Order order) {

  enum Order {
    BRIDGE_FIRST,
    MICROMETER_FIRST
  }

  /** The folder that it is built in. */
  String folder() {
    return springBoot + "-" + order.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
