package io.yokedcache.examples.metrics;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** An HTTP address that takes JSON. A few tries, each bounded. Thread-safe. */
final class Webhook {

  /** How often one text is sent at most. */
  static final int TRIES = 3;

  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int SERVER_ERROR = 500;

  private final HttpRequest.Builder template;
  private final Duration timeout;
  private final HttpClient client;

  /**
   * Creates it; nothing is sent yet.
   *
   * @param uri where to send to, {@code http} or {@code https}
   * @param timeout how long one try may take, answer included
   * @throws IllegalArgumentException if the URI is no HTTP address
   */
  Webhook(URI uri, Duration timeout) {
    this.template =
        HttpRequest.newBuilder(requireNonNull(uri, "uri"))
            .timeout(timeout)
            .header("Content-Type", "application/json");
    this.timeout = timeout;
    // Not HTTP/2: its attempt to upgrade confuses small servers, and nothing is gained here.
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(timeout)
            .build();
  }

  /**
   * Sends a text, and again after a failure that may pass: no connection, no answer, 429 or 5xx. A
   * text whose answer was lost arrives twice; the header {@code Idempotency-Key} tells.
   *
   * @throws IOException if it was refused, or failed at the last try
   * @throws InterruptedException if this thread is interrupted meanwhile
   */
  void send(String json) throws IOException, InterruptedException {
    HttpRequest request =
        template
            .copy()
            .header("Idempotency-Key", UUID.randomUUID().toString())
            .POST(BodyPublishers.ofString(json))
            .build();
    long pauseMillis = FIRST_PAUSE.toMillis();
    for (int attempt = 1; ; attempt++) {
      try {
        int status = status(request);
        if (status < 300) {
          return;
        }
        if (status != TOO_MANY_REQUESTS && status < SERVER_ERROR) {
          throw new RefusedException("The webhook refused with status " + status);
        }
        if (attempt == TRIES) {
          throw new IOException(
              "The webhook answered " + status + ", at the last of " + TRIES + " tries");
        }
      } catch (RefusedException e) {
        throw e;
      } catch (IOException e) {
        if (attempt == TRIES) {
          throw e;
        }
      }
      TimeUnit.MILLISECONDS.sleep(pauseMillis);
      pauseMillis *= 2;
    }
  }

  /** One try. The client's own time-out ends with the headers; this one includes the body. */
  private int status(HttpRequest request) throws IOException, InterruptedException {
    CompletableFuture<HttpResponse<Void>> answer =
        client.sendAsync(request, BodyHandlers.discarding());
    try {
      return answer.get(timeout.toMillis(), TimeUnit.MILLISECONDS).statusCode();
    } catch (TimeoutException e) {
      throw new IOException("The webhook did not answer within " + timeout.toMillis() + " ms", e);
    } catch (ExecutionException e) {
      throw new IOException("Cannot reach the webhook: " + e.getCause(), e);
    } finally {
      // Without effect on an answer that is there; else it gives up the connection.
      answer.cancel(true);
    }
  }

  /** An answer that no further try would change. */
  private static final class RefusedException extends IOException {

    private static final long serialVersionUID = 1L;

    RefusedException(String message) {
      super(message);
    }
  }
}
