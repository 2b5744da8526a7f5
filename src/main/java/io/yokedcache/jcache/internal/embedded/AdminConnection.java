package io.yokedcache.jcache.internal.embedded;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import org.jspecify.annotations.Nullable;

/**
 * A connection to a server of 127.0.0.1, for the few commands that form a deployment. It reads
 * replies other than arrays. For one thread.
 */
final class AdminConnection implements AutoCloseable {

  private static final int TIMEOUT_MILLIS = 5_000;
  private static final int MAX_REPLY_BYTES = 4 << 20;

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

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
