package io.yokedcache.jcache.internal.embedded;

import io.yokedcache.jcache.internal.concurrent.BoundedWait;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The output of a server. It is read until its end, so that the pipe never fills, and the last
 * lines are kept for error messages. It is also the only sign of readiness that cannot come from
 * another program on the same port, and that needs no password and no TLS. Safe for use by several
 * threads.
 */
final class ServerOutput implements Runnable {

  private static final Logger logger = LoggerFactory.getLogger(ServerOutput.class);
  private static final int LINES_KEPT = 30;
  private static final Pattern VERSION =
      Pattern.compile("\\bRedis version=((\\d+)\\.(\\d+)[^,\\s]*)");

  private final InputStream stream;
  private final Deque<String> lastLines = new ArrayDeque<>();
  private final CountDownLatch readyOrEnded = new CountDownLatch(1);
  private volatile boolean ready;
  private volatile boolean addressInUse;
  private volatile @Nullable String outdatedVersion;

  ServerOutput(InputStream stream) {
    this.stream = stream;
  }

  @Override
  public void run() {
    try (BufferedReader reader =
        new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        accept(line);
      }
    } catch (IOException streamClosed) {
      // The process was ended, and its streams with it: there is nothing more to read.
      logger.debug("Output of redis-server ended", streamClosed);
    } finally {
      readyOrEnded.countDown();
    }
  }

  private void accept(String line) {
    logger.debug("redis-server: {}", line);
    synchronized (lastLines) {
      if (lastLines.size() == LINES_KEPT) {
        lastLines.removeFirst();
      }
      lastLines.addLast(line);
    }
    Matcher version = VERSION.matcher(line);
    if (version.find() && isOutdated(version.group(2), version.group(3))) {
      outdatedVersion = version.group(1);
    }
    // In the words of glibc, and of musl, with which the binary of the jar is linked.
    if (line.contains("Address already in use") || line.contains("Address in use")) {
      addressInUse = true;
    }
    // The second is Sentinel's, which listens by then.
    if (line.contains("eady to accept connections") || line.contains("Sentinel ID is ")) {
      ready = true;
      readyOrEnded.countDown();
    }
  }

  /** Returns whether the version is below 6.2; longer numbers than that are surely not. */
  private static boolean isOutdated(String major, String minor) {
    return major.length() == 1
        && (major.charAt(0) < '6'
            || (major.equals("6") && (minor.equals("0") || minor.equals("1"))));
  }

  /** Waits until the server says that it is ready; returns {@code false} if it did not say so. */
  boolean awaitReady(long timeoutMillis) {
    return BoundedWait.await(readyOrEnded, timeoutMillis) && ready;
  }

  boolean isAddressInUse() {
    return addressInUse;
  }

  /** Returns the server's version if it is older than this provider needs, else {@code null}. */
  @Nullable String outdatedVersion() {
    return outdatedVersion;
  }

  /** Returns the last lines that the server printed. */
  String lastLines() {
    synchronized (lastLines) {
      return lastLines.isEmpty() ? "(it printed nothing)" : String.join("\n", lastLines);
    }
  }
}
