package io.yokedcache.metrics.page;

import static io.yokedcache.metrics.page.Json.at;

import io.yokedcache.metrics.testing.Peer;
import io.yokedcache.metrics.testing.PeerProcess;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A page in a real browser, steered by the DevTools protocol. */
final class Browser implements AutoCloseable {

  private static final long ANSWER_SECONDS = 30;

  private final HttpClient http = HttpClient.newHttpClient();
  private final PeerProcess process;
  private final WebSocket socket;
  private final AtomicInteger ids = new AtomicInteger();
  private final Map<Integer, CompletableFuture<@Nullable Object>> answers =
      new ConcurrentHashMap<>();

  /** Events of the browser: its name and its parameters. */
  private final List<Map.Entry<String, Object>> events = new CopyOnWriteArrayList<>();

  private Browser(PeerProcess process, String socketUrl) {
    this.process = process;
    this.socket =
        http.newWebSocketBuilder()
            .buildAsync(URI.create(socketUrl), new Messages())
            .orTimeout(ANSWER_SECONDS, TimeUnit.SECONDS)
            .join();
  }

  /** Starts a browser without a screen, with a profile of its own. */
  static Browser start(Path folder) throws IOException, InterruptedException {
    Path profile = Files.createDirectories(folder.resolve("profile"));
    PeerProcess process =
        PeerProcess.start(
            folder.resolve("browser.log"),
            List.of(
                Peer.CHROMIUM.get().toString(),
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "about:blank"));
    Path portFile = profile.resolve("DevToolsActivePort");
    process.awaitReady(() -> Files.readAllLines(portFile).size() >= 2);
    String port = Files.readAllLines(portFile).get(0);
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/json/new?about:blank"))
            .timeout(Duration.ofSeconds(ANSWER_SECONDS))
            .PUT(BodyPublishers.noBody())
            .build();
    String answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
    Browser browser =
        new Browser(process, String.valueOf(at(Json.parse(answer), "webSocketDebuggerUrl")));
    for (String domain : List.of("Page", "Runtime", "Log", "Network")) {
      browser.call(domain + ".enable", Map.of());
    }
    return browser;
  }

  /** Collects messages, which may come in parts. */
  private final class Messages implements WebSocket.Listener {
    private final StringBuilder part = new StringBuilder();

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      part.append(data);
      if (last) {
        take(Json.parse(part.toString()));
        part.setLength(0);
      }
      from.request(1);
      return null;
    }

    private void take(@Nullable Object message) {
      if (at(message, "id") instanceof Double id) {
        CompletableFuture<@Nullable Object> answer = answers.remove(id.intValue());
        if (answer != null) {
          answer.complete(message);
        }
      } else if (at(message, "method") instanceof String method) {
        Object parameters = at(message, "params");
        events.add(Map.entry(method, parameters == null ? Map.of() : parameters));
      }
    }
  }

  /** Calls a method of the protocol and returns its result. */
  @Nullable Object call(String method, Map<String, ?> parameters) {
    int id = ids.incrementAndGet();
    CompletableFuture<@Nullable Object> answer = new CompletableFuture<>();
    answers.put(id, answer);
    JsonWriter json =
        JsonWriter.compact()
            .beginObject()
            .member("id", id)
            .member("method", method)
            .member("params", parameters);
    socket
        .sendText(json.endObject().toString(), true)
        .orTimeout(ANSWER_SECONDS, TimeUnit.SECONDS)
        .join();
    Object message = answer.orTimeout(ANSWER_SECONDS, TimeUnit.SECONDS).join();
    if (at(message, "error") != null) {
      throw new IllegalStateException(method + ": " + at(message, "error"));
    }
    return at(message, "result");
  }

  /**
   * Opens a page. The one before is left first: a request that it makes while it waits for the new
   * one fails if its server is closed, and would be a problem of the new one.
   */
  void open(String url) {
    navigate("about:blank");
    navigate(url);
  }

  private void navigate(String url) {
    events.clear();
    call("Page.navigate", Map.of("url", url));
    await(() -> events("Page.loadEventFired").size() > 0, "the page's load event");
  }

  /** Evaluates an expression in the page, waiting for a promise. */
  @Nullable Object evaluate(String expression) {
    Object result =
        call(
            "Runtime.evaluate",
            Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
    Object problem = at(result, "exceptionDetails");
    if (problem != null) {
      throw new IllegalStateException(expression + ": " + problem);
    }
    return at(result, "result", "value");
  }

  String text(String expression) {
    return String.valueOf(evaluate(expression));
  }

  /** Waits, for 20 seconds at most, until an expression is true. */
  void awaitTrue(String expression) {
    await(() -> Boolean.TRUE.equals(evaluate(expression)), expression);
  }

  private static void await(Callable<Boolean> condition, String what) {
    Awaitility.await(what)
        .atMost(Duration.ofSeconds(20))
        .pollInterval(Duration.ofMillis(50))
        .until(condition);
  }

  /** Presses keys one after the other. */
  void press(String... keys) {
    Map<String, Integer> codes = new LinkedHashMap<>();
    codes.put("Tab", 9);
    codes.put("Enter", 13);
    codes.put(" ", 32);
    codes.put("End", 35);
    codes.put("Home", 36);
    codes.put("ArrowLeft", 37);
    codes.put("ArrowUp", 38);
    codes.put("ArrowRight", 39);
    codes.put("ArrowDown", 40);
    for (String key : keys) {
      int code = codes.getOrDefault(key, (int) key.charAt(0));
      Map<String, Object> event = new LinkedHashMap<>();
      event.put("type", "keyDown");
      event.put("key", key);
      event.put("code", key.equals(" ") ? "Space" : key);
      event.put("windowsVirtualKeyCode", code);
      if (key.equals("Enter")) {
        event.put("text", "\r");
      } else if (key.length() == 1) {
        event.put("text", key);
      }
      call("Input.dispatchKeyEvent", event);
      event.put("type", "keyUp");
      event.remove("text");
      call("Input.dispatchKeyEvent", event);
    }
  }

  void size(int width, int height, boolean isMobile) {
    call(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", isMobile));
  }

  /** Sets what the system prefers: {@code prefers-color-scheme}, {@code dark}. */
  void prefer(String feature, String value) {
    call(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", feature, "value", value))));
  }

  void screenshot(Path file, boolean isWhole) throws IOException {
    Object shot =
        call("Page.captureScreenshot", Map.of("format", "png", "captureBeyondViewport", isWhole));
    Files.createDirectories(file.toAbsolutePath().getParent());
    Files.write(file, Base64.getDecoder().decode(String.valueOf(at(shot, "data"))));
  }

  List<Object> events(String name) {
    List<Object> found = new ArrayList<>();
    for (Map.Entry<String, Object> event : events) {
      if (event.getKey().equals(name)) {
        found.add(event.getValue());
      }
    }
    return found;
  }

  /** Where the page has sent requests since it was opened. */
  List<String> requests() {
    return events("Network.requestWillBeSent").stream()
        .map(event -> String.valueOf(at(event, "request", "url")))
        .toList();
  }

  /** Returns exceptions and messages of the page since it was opened. */
  List<String> problems() {
    List<String> problems = new ArrayList<>();
    events("Runtime.exceptionThrown").forEach(event -> problems.add("exception " + event));
    events("Log.entryAdded").forEach(event -> problems.add("log " + event));
    events("Runtime.consoleAPICalled").forEach(event -> problems.add("console " + event));
    return problems;
  }

  @Override
  public void close() {
    socket.abort();
    process.close();
  }
}
