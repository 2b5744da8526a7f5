package io.yokedcache.metrics.source;

import java.net.ConnectException;
import java.net.MalformedURLException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.rmi.ConnectIOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.management.remote.JMXServiceURL;
import javax.naming.NameNotFoundException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Says in one line why a JMX agent cannot be reached, and what to do about it. */
final class ConnectFailure {

  /** Of a URL by way of a registry: {@code service:jmx:rmi:///jndi/rmi://host:port/jmxrmi}. */
  private static final Pattern REGISTRY = Pattern.compile("/jndi/rmi://(\\[[^]]*]|[^:/]*)");

  /** The host that a stub of the agent names, in RMI's message. */
  private static final Pattern REFUSING_HOST =
      Pattern.compile(
          "(?:refused to|creating connection to|establishing connection to) host: ([^;\\s]+)");

  private ConnectFailure() {}

  /** Whether the server does not speak RMI without TLS. */
  static boolean isNoPlainRmi(Throwable failure) {
    return find(failure, ConnectIOException.class) != null
        && find(failure, SSLException.class) == null;
  }

  /** Whether the server does not speak TLS either. */
  static boolean isNoTls(Throwable failure) {
    SSLException tls = find(failure, SSLException.class);
    return tls == null
        ? find(failure, ConnectIOException.class) != null
        : String.valueOf(tls.getMessage()).contains("Unsupported or unrecognized SSL message");
  }

  static String explain(JMXServiceURL url, Throwable failure) {
    return "Cannot connect to " + url + ": " + reason(url, failure);
  }

  private static String reason(JMXServiceURL url, Throwable failure) {
    if (failure instanceof MalformedURLException) {
      return "this JVM has no client for the protocol \""
          + url.getProtocol()
          + "\". Add WildFly's jboss-client.jar to the class path for remote+http and remote+https;"
          + " use rmi for other servers";
    }
    if (failure instanceof SecurityException) {
      return failure.getMessage()
          + ". Give a user and its password from the agent's jmxremote.password file: --user and"
          + " --password-file, or user and password-file of the target";
    }
    SSLException tls = find(failure, SSLException.class);
    if (tls != null) {
      return "TLS fails ("
          + tls.getMessage()
          + "). Start the bridge with -Djavax.net.ssl.trustStore=FILE, a store with the agent's"
          + " certificate, and with -Djavax.net.ssl.keyStore=FILE if the agent requires one";
    }
    if (find(failure, NameNotFoundException.class) != null) {
      return "the RMI registry has no JMX agent. Is it the port of"
          + " com.sun.management.jmxremote.port?";
    }
    UnknownHostException unknown = find(failure, UnknownHostException.class);
    if (unknown != null) {
      return "the host is unknown (" + unknown.getMessage() + ")" + announcement(url, failure);
    }
    if (find(failure, SocketTimeoutException.class) != null) {
      return "the agent did not answer in time. Does a firewall block the port, or does another"
          + " server use it?"
          + announcement(url, failure);
    }
    if (find(failure, ConnectException.class) != null) {
      return "no process listens on that port. Is the JVM up, with"
          + " -Dcom.sun.management.jmxremote.port=<port>?"
          + announcement(url, failure);
    }
    if (find(failure, ConnectIOException.class) != null) {
      return "the port speaks neither RMI nor RMI over TLS. Is it the port of"
          + " com.sun.management.jmxremote.port?";
    }
    return String.valueOf(failure.getMessage());
  }

  /** Where the agent announced another host than the one that was asked. */
  private static String announcement(JMXServiceURL url, Throwable failure) {
    Matcher asked = REGISTRY.matcher(String.valueOf(url.getURLPath()));
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      Matcher refusing = REFUSING_HOST.matcher(String.valueOf(cause.getMessage()));
      if (refusing.find() && asked.find() && !refusing.group(1).equals(asked.group(1))) {
        return String.format(
            " The agent announces itself as %s: start its JVM with -Djava.rmi.server.hostname=<a"
                + " name that this machine can resolve>",
            refusing.group(1));
      }
    }
    return "";
  }

  private static <T extends Throwable> @Nullable T find(Throwable failure, Class<T> type) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return type.cast(cause);
      }
    }
    return null;
  }
}
