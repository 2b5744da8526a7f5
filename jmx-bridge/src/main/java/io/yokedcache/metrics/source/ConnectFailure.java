package io.yokedcache.metrics.source;

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

  /** The host that a stub of the agent names, as RMI tells it. */
  private static final Pattern REFUSING_HOST =
      Pattern.compile(
          "(?:refused to|creating connection to|establishing connection to) host: ([^;\\s]+)");

  private ConnectFailure() {}

  /** Whether whoever listens there does not speak RMI without TLS. */
  static boolean isNoPlainRmi(Throwable failure) {
    return find(failure, ConnectIOException.class) != null
        && find(failure, SSLException.class) == null;
  }

  /** Whether whoever listens there does not speak TLS either. */
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
          + "\". The client of remote+http and its kin is WildFly's jboss-client.jar, which has to be on the class path; all others speak rmi";
    }
    if (failure instanceof SecurityException) {
      return failure.getMessage()
          + ". Give the user and the password that the agent's jmxremote.password file has";
    }
    SSLException tls = find(failure, SSLException.class);
    if (tls != null) {
      return "TLS fails ("
          + tls.getMessage()
          + "). Let javax.net.ssl.trustStore have the agent's certificate, and, if the agent asks for one, javax.net.ssl.keyStore one of yours";
    }
    if (find(failure, NameNotFoundException.class) != null) {
      return "there is a registry of RMI, but no JMX agent in it. Is it the port of com.sun.management.jmxremote.port?";
    }
    UnknownHostException unknown = find(failure, UnknownHostException.class);
    if (unknown != null) {
      return "the host is not known (" + unknown.getMessage() + ")" + announcement(url, failure);
    }
    if (find(failure, SocketTimeoutException.class) != null) {
      return "no answer in time. Is a firewall in between, or is it the port of something else?"
          + announcement(url, failure);
    }
    if (find(failure, java.net.ConnectException.class) != null) {
      return "nobody listens there. Is the JVM up, with -Dcom.sun.management.jmxremote.port=<port>?"
          + announcement(url, failure);
    }
    if (find(failure, ConnectIOException.class) != null) {
      return "what listens there speaks neither RMI nor RMI by TLS. Is it the port of com.sun.management.jmxremote.port, and not that of an HTTP server?";
    }
    return String.valueOf(failure.getMessage());
  }

  /** Where the agent announced another host than the one that was asked. */
  private static String announcement(JMXServiceURL url, Throwable failure) {
    Matcher asked = REGISTRY.matcher(String.valueOf(url.getURLPath()));
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      Matcher refusing = REFUSING_HOST.matcher(String.valueOf(cause.getMessage()));
      if (refusing.find() && asked.find() && !refusing.group(1).equals(asked.group(1))) {
        return " The agent announces itself as "
            + refusing.group(1)
            + ": start its JVM with -Djava.rmi.server.hostname=<a name that is known here>";
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
