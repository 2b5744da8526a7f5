package io.yokedcache.benchmarks.contender;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Where contenders find Redis: one server, or the masters of a cluster, on 127.0.0.1. The text form
 * is the port, or {@code cluster:} and the ports with commas between them.
 *
 * @param ports of the server, or of all masters
 * @param cluster whether they are a cluster
 */
public record Servers(List<Integer> ports, boolean cluster) {

  private static final String HOST = "127.0.0.1";
  private static final String CLUSTER = "cluster:";

  /** Copies the ports. */
  public Servers {
    ports = List.copyOf(ports);
  }

  /** One server. */
  public static Servers one(int port) {
    return new Servers(List.of(port), false);
  }

  /** Reads the text form. */
  public static Servers parse(String text) {
    boolean cluster = text.startsWith(CLUSTER);
    String ports = cluster ? text.substring(CLUSTER.length()) : text;
    return new Servers(Arrays.stream(ports.split(",", -1)).map(Integer::valueOf).toList(), cluster);
  }

  /** The port of the server, or of the first master. */
  public int firstPort() {
    return ports.get(0);
  }

  /** A URI with one address, which is enough for each client to find the other masters. */
  String firstUri() {
    return "redis://" + HOST + ":" + firstPort();
  }

  /** The URI of our provider, with all addresses. */
  String uri() {
    return ports.stream()
        .map(port -> HOST + ":" + port)
        .collect(Collectors.joining(",", cluster ? "redis-cluster://" : "redis://", ""));
  }

  @Override
  public String toString() {
    return (cluster ? CLUSTER : "")
        + ports.stream().map(String::valueOf).collect(Collectors.joining(","));
  }
}
