package io.yokedcache.metrics.bridge;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Takes {@code name=value} apart, and finds names for JVMs that were given none. */
final class TargetNames {

  private static final String SCHEME = "service:jmx:";
  private static final Pattern NAMED = Pattern.compile("([^=:/]+)=(.*)");
  private static final Pattern HOST_AND_PORT =
      Pattern.compile("(?:\\[[0-9a-fA-F:.%]+]|[^:/\\s]+):[0-9]{1,5}");
  private static final Pattern RMI = Pattern.compile(".*?//(?:.*//)?([^/]+:[0-9]+).*");

  private TargetNames() {}

  /** The name before a URL, else its host and port. */
  static String ofUrl(String option) {
    Matcher named = NAMED.matcher(option);
    if (named.matches()) {
      return named.group(1);
    }
    Matcher rmi = RMI.matcher(option);
    return rmi.matches() ? rmi.group(1) : option;
  }

  /** The URL, also of what is only a host and a port. */
  static String url(String option) {
    Matcher named = NAMED.matcher(option);
    return fullUrl(named.matches() ? named.group(2) : option);
  }

  /** A JMX service URL, also of what is only a host and a port. */
  static String fullUrl(String url) {
    if (HOST_AND_PORT.matcher(url).matches()) {
      return SCHEME + "rmi:///jndi/rmi://" + url + "/jmxrmi";
    }
    if (!url.startsWith(SCHEME)) {
      throw new MetricsConfigurationException(
          "\""
              + url
              + "\" is not the URL of a JVM. Write HOST:PORT, or"
              + " service:jmx:rmi:///jndi/rmi://HOST:PORT/jmxrmi");
    }
    return url;
  }

  /** The name before a process id, else one made of it. */
  static String ofPid(String option) {
    Matcher named = NAMED.matcher(option);
    return named.matches() ? named.group(1) : "pid-" + pid(option);
  }

  static long pid(String option) {
    Matcher named = NAMED.matcher(option);
    String number = named.matches() ? named.group(2) : option;
    try {
      long pid = Long.parseLong(number);
      if (pid > 0) {
        return pid;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw new MetricsConfigurationException(
        "--pid " + option + " must be the number of a process." + LocalJvms.describe());
  }
}
