package io.yokedcache.jcache.internal.embedded;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a server of 127.0.0.1, for the few commands that form a deployment. It reads
 * replies other than arrays. For one thread.
 */
final class AdminConnection implements AutoCloseable {

  private static final int TIMEOUT_MILLIS = 5_000;
  private static final int MAX_REPLY_BYTES = 4 << 20;

  /** Redis lets a master wait two seconds before it says that the cluster is well. */
  private static final long STATE_TIMEOUT_MILLIS = 20_000;

  private static final long POLL_MILLIS = 20;

  private final Socket socket;
  private final int port;
  private final InputStream in;

  private AdminConnection(Socket socket, int port) throws IOException {
    this.socket = socket;
    this.port = port;
    this.in = new BufferedInputStream(socket.getInputStream());
  }

  /**
   * Connects and logs in.
   *
   * @param user {@code null} for the default user
   * @param password {@code null} if the server asks for none
   * @throws IOException if the server does not answer, or refuses the login
   */
  static AdminConnection open(int port, @Nullable String user, @Nullable String password)
      throws IOException {
    Socket socket = new Socket();
    try {
      socket.setSoTimeout(TIMEOUT_MILLIS);
      socket.setTcpNoDelay(true);
      socket.connect(new InetSocketAddress(LoopbackPorts.loopback(), port), TIMEOUT_MILLIS);
      AdminConnection connection = new AdminConnection(socket, port);
      if (user != null && password != null) {
        connection.call("AUTH", user, password);
      } else if (password != null) {
        connection.call("AUTH", password);
      }
      return connection;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  int port() {
    return port;
  }

  /**
   * Sends a command and reads its reply.
   *
   * @return the text of the reply; empty for none
   * @throws IOException if the server does not answer, or answers with an error
   */
  String call(String... command) throws IOException {
    StringBuilder request = new StringBuilder("*" + command.length + "\r\n");
    for (String word : command) {
      request.append('$').append(word.length()).append("\r\n").append(word).append("\r\n");
    }
    socket.getOutputStream().write(request.toString().getBytes(US_ASCII));
    String line = line();
    String rest = line.isEmpty() ? "" : line.substring(1);
    return switch (line.isEmpty() ? ' ' : line.charAt(0)) {
      case '+', ':' -> rest;
      case '$' -> bulk(Integer.parseInt(rest));
      case '-' -> throw new IOException(command[0] + " on port " + port + " was refused: " + rest);
      default -> throw new IOException("Unexpected reply on port " + port + ": " + line);
    };
  }

  private String bulk(int length) throws IOException {
    if (length < 0) {
      return "";
    }
    if (length > MAX_REPLY_BYTES) {
      throw new IOException("A reply of " + length + " bytes on port " + port);
    }
    String text = new String(in.readNBytes(length), UTF_8);
    line();
    return text;
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int octet = in.read(); octet != '\n'; octet = in.read()) {
      if (octet < 0 || line.length() == MAX_REPLY_BYTES) {
        throw new EOFException("No whole reply on port " + port);
      }
      if (octet != '\r') {
        line.append((char) octet);
      }
    }
    return line.toString();
  }

  /** A question about the server of a connection. */
  @FunctionalInterface
  interface Question {
    boolean ask(AdminConnection server) throws IOException;
  }

  /**
   * Asks until the answer is yes.
   *
   * @param expected what is waited for, for the message
   * @param told a command whose reply the message shows
   * @throws IOException if the answer is no for 20 seconds, or the server does not answer
   */
  void await(String expected, Question question, String... told) throws IOException {
    long deadlineNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(STATE_TIMEOUT_MILLIS);
    while (!question.ask(this)) {
      if (System.nanoTime() - deadlineNanos > 0) {
        throw new IOException(
            "waited %s ms for %s at the server on port %s, which says:\n%s"
                .formatted(STATE_TIMEOUT_MILLIS, expected, port, call(told)));
      }
      BoundedWait.pause(TimeUnit.MILLISECONDS.toNanos(POLL_MILLIS));
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
