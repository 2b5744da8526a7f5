package io.yokedcache.metrics.page;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.metrics.page.SimulatedCaches.Cache;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.ConnectionReading.Node;
import io.yokedcache.metrics.testing.NeedsPeer;
import io.yokedcache.metrics.testing.Peer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The page in a real browser. Pictures of it are in {@code target/status-page}. */
@NeedsPeer(Peer.CHROMIUM)
final class StatusPageIT {

  private static final Path PICTURES = Path.of("target", "status-page");

  @TempDir static Path folder;
  private static Browser browser;

  private final SimulatedCaches caches = new SimulatedCaches();
  private final Cache orders = caches.add("redis.//one", "orders").get(2000, 0.9, 80).put(150, 120);

  @BeforeAll
  static void startBrowser() throws Exception {
    browser = Browser.start(folder);
  }

  @AfterAll
  static void endBrowser() {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void beDesktop() {
    browser.size(1280, 900, /* isMobile= */ false);
    browser.prefer("prefers-color-scheme", "light");
    caches.connection("redis.//one", /* healthy= */ true, 250_000);
  }

  /** Opens the page at its fastest and waits for the first figures. */
  private static void open(PageServer server) {
    browser.open(server.url(""));
    browser.evaluate("localStorage.setItem('yokedcache.interval', '1000')");
    browser.open(server.url(""));
    browser.awaitTrue("!document.getElementById('details').hidden");
    browser.awaitTrue("!document.querySelector('main').innerText.includes('Loading')");
  }

  /** Checks the page while it gets the rows of caches, but nobody's details. */
  private static void withoutDetails(Runnable check) {
    browser.call("Fetch.enable", Map.of("patterns", List.of(Map.of("urlPattern", "*cache=*"))));
    try {
      check.run();
    } finally {
      browser.call("Fetch.disable", Map.of());
    }
  }

  private static void choose(String cache) {
    browser.evaluate(
        ("[...document.querySelectorAll('.caches tbody tr')]"
                + ".find(row => row.querySelector('bdi').textContent === '%s').click()")
            .formatted(cache));
  }

  private static String fact(String name) {
    return ("[...document.querySelectorAll('.facts > div')]"
            + ".find(fact => fact.querySelector('dt').textContent === '%s')"
            + "?.querySelector('dd').textContent")
        .formatted(name);
  }

  private static String cell(String cache, String column) {
    return ("[...document.querySelectorAll('.caches tbody tr')]"
            + ".find(row => row.querySelector('bdi').textContent === '%s')"
            + ".querySelector('.col-%s').textContent")
        .formatted(cache, column);
  }

  private static String chart(String title) {
    return ("[...document.querySelectorAll('.chart')]"
            + ".find(chart => chart.querySelector('h3').textContent === '%s')")
        .formatted(title);
  }

  @Test
  void page_showsTheSourcesFigures_withoutProblemsOrForeignRequests() throws Exception {
    orders.fail("get", "timeout", 7);
    caches.add("redis.//one", "idle").put(3, 100).counted(75);
    caches.add("other", "plain").plain();
    try (PageServer server = PageServer.of(caches)) {
      open(server);
      assertThat(browser.text(cell("orders", "hits"))).isEqualTo("1,800");
      assertThat(browser.text(cell("orders", "misses"))).isEqualTo("200");
      assertThat(browser.text(cell("orders", "hitRate"))).isEqualTo("90.0 %");
      assertThat(browser.text(cell("orders", "entries"))).isEqualTo("150");
      assertThat(browser.text(cell("orders", "bytes"))).isEqualTo("225 KiB");
      assertThat(browser.text(cell("orders", "errors"))).isEqualTo("7");
      assertThat(browser.text(cell("orders", "manager"))).isEqualTo("redis.//one");
      assertThat(browser.text(cell("orders", "p50"))).endsWith(" µs");
      assertThat(browser.text(cell("idle", "hitRate"))).isEqualTo("–");
      assertThat(browser.text(cell("idle", "countedAge"))).isEqualTo("1 min 15 s ago");
      assertThat(browser.text(cell("orders", "evictions"))).isEqualTo("–");
      assertThat(browser.text(cell("plain", "evictions"))).isEqualTo("0");
      assertThat(browser.text("document.querySelector('#tile-store').innerText"))
          .contains("Healthy", "250 µs");
      assertThat(browser.text("document.querySelector('#connections').innerText"))
          .contains("redis.//one", "✓ healthy", "250 µs");
      assertThat(browser.text("document.getElementById('details-title').textContent"))
          .as("the busiest is selected")
          .isEqualTo("orders");
      // The page's percentiles and the server's come of the same rule.
      assertThat(browser.text("document.querySelector('#details > .table-card').innerText"))
          .contains(browser.text(cell("orders", "p50")), browser.text(cell("orders", "p99")));
      assertThat(browser.problems()).isEmpty();
      assertThat(browser.requests())
          .hasSizeGreaterThan(10)
          .allMatch(url -> url.startsWith(server.url("")));
    }
  }

  @Test
  void nodes_areListed_failingOnesFirst() throws Exception {
    caches.connection(
        "redis.//one",
        /* healthy= */ true,
        250_000,
        new Node("10.0.0.1:6379", "master", 8_192L, true, 0.000_25, false),
        new Node("10.0.0.2:6379", "replica", null, null, null, false),
        new Node("10.0.0.3:6379", "master", 8_192L, false, 0.000_5, true));
    try (PageServer server = PageServer.of(caches)) {
      open(server);
      String rows =
          "[...document.querySelectorAll('#nodes tbody tr')]"
              + ".map(row => [...row.children].map(cell => cell.textContent).join('|')).join()";
      assertThat(browser.text(rows))
          .isEqualTo(
              "10.0.0.3:6379|master|✗ no answer, circuit breaker open|8,192|–,"
                  + "10.0.0.1:6379|master|✓ answers|8,192|250 µs,"
                  + "10.0.0.2:6379|replica|–|–|–");
      assertThat(browser.text("document.querySelector('#nodes [data-tone=bad]').textContent"))
          .contains("no answer");
      browser.screenshot(PICTURES.resolve("nodes.png"), /* isWhole= */ true);
      caches.connection("redis.//one", /* healthy= */ true, 250_000);
      browser.awaitTrue("document.getElementById('nodes-section').hidden");
      assertThat(browser.problems()).isEmpty();
    }
  }

  @Test
  void charts_followTheSource() throws Exception {
    try (PageServer server = PageServer.of(caches)) {
      open(server);
      browser.awaitTrue(chart("Hit rate") + ".innerText.includes('No gets in this time')");
      caches.change(() -> orders.get(500, 0.5, 3000).fail("get", "timeout", 3));
      browser.awaitTrue(
          chart("Hit rate") + ".querySelector('.legend').innerText.includes('50.0 %')");
      browser.awaitTrue(chart("Hit rate") + ".querySelectorAll('path.line').length === 1");
      browser.awaitTrue(chart("Throughput") + ".querySelectorAll('path.line').length > 0");
      browser.awaitTrue(chart("Latency") + ".querySelectorAll('path.line').length === 3");
      browser.awaitTrue(chart("Latency distribution") + ".querySelectorAll('rect.bar').length > 5");
      browser.awaitTrue(
          chart("Errors") + ".querySelector('.legend').innerText.includes('timeout')");
      browser.awaitTrue(cell("orders", "hits") + " === '2,050'");
      assertThat(
              browser.text(
                  chart("Latency") + ".querySelector('svg.plot').getAttribute('aria-label')"))
          .contains("Latency over time", "p50");
      browser.evaluate(chart("Latency") + ".querySelector('summary').click()");
      browser.awaitTrue(chart("Latency") + ".querySelectorAll('tbody tr').length >= 2");
      assertThat(browser.text(chart("Latency") + ".querySelector('table').innerText"))
          .containsPattern("[34][.]\\d\\d ms"); // 3 ms at the median, which p50 must be near
    }
  }

  @Test
  void pause_stopsAsking_resumeGoesOn() throws Exception {
    try (PageServer server = PageServer.of(caches)) {
      open(server);
      browser.evaluate("document.getElementById('pause').click()");
      browser.awaitTrue("document.getElementById('pulse').innerText.startsWith('Paused')");
      int before = caches.reads();
      caches.change(() -> orders.get(100, 1, 80));
      browser.evaluate("new Promise(done => setTimeout(done, 1500))");
      assertThat(caches.reads()).isEqualTo(before);
      browser.evaluate("document.getElementById('pause').click()");
      browser.awaitTrue(cell("orders", "hits") + " === '1,900'");
    }
  }

  @Test
  void keyboard_sortsWalksAndSelects() throws Exception {
    for (String name : List.of("a", "b", "c")) {
      caches.add("redis.//one", name).get(10, 1, 50);
    }
    try (PageServer server = PageServer.of(caches)) {
      open(server);
      browser.evaluate("document.activeElement.blur()");
      browser.press("Tab");
      assertThat(browser.text("document.activeElement.textContent"))
          .isEqualTo("Skip to the caches");
      browser.press("Enter", "Tab", "Enter");
      assertThat(browser.text("document.activeElement.closest('th').ariaSort"))
          .as("the first head cell, sorted by once more")
          .isEqualTo("descending");
      browser.press("Enter");
      for (int i = 0; i < 14; i++) { // the other columns, three of which are hidden
        browser.press("Tab");
      }
      assertThat(browser.text("document.activeElement.querySelector('bdi').textContent"))
          .isEqualTo("a");
      browser.press("ArrowDown", "ArrowDown", "ArrowUp", "Enter");
      browser.awaitTrue("document.getElementById('details-title').textContent === 'b'");
      assertThat(browser.text("document.querySelector('tr[aria-selected=true] bdi').textContent"))
          .isEqualTo("b");
      browser.press("End", " ");
      browser.awaitTrue("document.getElementById('details-title').textContent === 'orders'");
      assertThat(browser.text("getComputedStyle(document.activeElement).outlineStyle"))
          .isEqualTo("solid");
      browser.press("Tab");
      assertThat(browser.text("document.activeElement.closest('tbody') === null"))
          .as("one row is in the tab order")
          .isEqualTo("true");
      assertThat(browser.text("location.hash")).isEqualTo("#/redis.%2F%2Fone/orders");
    }
  }

  @Test
  void keyboard_readsAChart() throws Exception {
    try (PageServer server = PageServer.of(caches)) {
      open(server);
      caches.change(() -> orders.get(100, 1, 80));
      browser.awaitTrue(chart("Hit rate") + ".innerText.includes('100 %')");
      browser.evaluate(chart("Hit rate") + ".querySelector('svg.plot').focus()");
      browser.press("End");
      browser.awaitTrue("document.querySelectorAll('line.cursor').length > 0");
      String announced = "document.getElementById('announcer').textContent";
      assertThat(browser.text(announced)).matches("hit rate (100 %|–) at \\d\\d:\\d\\d:\\d\\d");
      browser.press("Home");
      assertThat(browser.text(announced)).startsWith("hit rate – at");
      browser.evaluate("document.activeElement.blur()");
      assertThat(browser.text(chart("Hit rate") + ".querySelectorAll('line.cursor').length"))
          .isEqualTo("0.0");
    }
  }

  @Test
  void reducedMotion_nothingMoves() throws Exception {
    try (PageServer server = PageServer.of(caches)) {
      open(server);
      String animation = "getComputedStyle(document.querySelector('.dot')).animationName";
      assertThat(browser.text(animation)).isEqualTo("pulse");
      browser.prefer("prefers-reduced-motion", "reduce");
      assertThat(browser.text(animation)).isEqualTo("none");
    }
  }

  @Test
  void filter_showsMatches() throws Exception {
    caches.add("redis.//one", "products");
    try (PageServer server = PageServer.of(caches)) {
      open(server);
      browser.evaluate("document.getElementById('filter').focus()");
      browser.press("P", "R", "O", "D");
      browser.awaitTrue("document.querySelectorAll('.caches tbody tr').length === 1");
      browser.press("Q");
      browser.awaitTrue("!document.getElementById('no-caches').hidden");
      assertThat(browser.text("document.getElementById('announcer').textContent"))
          .isEqualTo("0 of 2 caches");
    }
  }

  @Test
  void hostileNames_areText() throws Exception {
    String name =
        "<script>document.title='owned'</script><img src=x onerror=alert(1)>\"'&amp;\n\u202E";
    caches.add("<b>manager</b>", name).get(9999, 1, 80).fail("<i>op</i>", "<u>type</u>", 4);
    Map<String, CacheSource> sources = new LinkedHashMap<>();
    sources.put("<s>up</s>", caches);
    sources.put(
        "down",
        () -> {
          throw new IOException("<em>gone</em>");
        });
    try (PageServer server = PageServer.of(sources)) {
      open(server);
      assertThat(browser.evaluate("document.getElementById('details-title').textContent"))
          .isEqualTo(name);
      browser.awaitTrue("document.body.innerText.includes('<u>type</u>')");
      assertThat(browser.text("document.body.innerText"))
          .contains("<b>manager</b>", "<i>op</i>", "<s>up</s>", "<em>gone</em>");
      assertThat(browser.evaluate("document.querySelectorAll('main :is(img,script,i,s,u)').length"))
          .isEqualTo(0.0);
      assertThat(browser.text("document.title")).isEqualTo("YokedCache status");
      assertThat(browser.problems()).isEmpty();
    }
  }

  @Test
  void beforeTheFirstReading_nothingIsClaimed() throws Exception {
    CountDownLatch gate = new CountDownLatch(1);
    CacheSource slow =
        () -> {
          try {
            gate.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return caches.read();
        };
    try (PageServer server = PageServer.of(slow)) {
      browser.open(server.url(""));
      browser.awaitTrue("document.querySelectorAll('.tile').length === 5");
      assertThat(browser.text("document.querySelector('main').innerText"))
          .contains("Loading…")
          .doesNotContain("No caches", "not measured", "does not count", "0 of", "cannot be read");
      withoutDetails(
          () -> {
            gate.countDown();
            browser.awaitTrue("!document.getElementById('details').hidden");
            assertThat(browser.text(cell("orders", "hits"))).isEqualTo("1,800");
            for (String title : List.of("Latency", "Latency distribution", "Errors")) {
              assertThat(browser.text(chart(title) + ".innerText")).contains("Loading…");
            }
            assertThat(browser.text("document.querySelector('main').innerText"))
                .doesNotContain(
                    "does not count", "averages only", "No operation has failed", "No get");
          });
      browser.awaitTrue(chart("Errors") + ".innerText.includes('No operation has failed')");
      assertThat(browser.problems()).isEmpty();
    }
  }

  @Test
  void newlyChosenCache_hasItsPast_andNothingOfAnother() throws Exception {
    Cache carts = caches.add("redis.//one", "carts").get(10, 1, 80);
    try (PageServer server = PageServer.of(caches)) {
      open(server);
      for (int hits = 110; hits <= 310; hits += 100) {
        caches.change(() -> carts.get(200, 0.5, 400).fail("get", "timeout", 1));
        browser.awaitTrue(cell("carts", "hits") + " === '" + hits + "'");
      }
      withoutDetails(
          () -> {
            choose("carts");
            assertThat(browser.text("document.getElementById('details-title').innerText"))
                .isEqualTo("carts");
            assertThat(browser.text(chart("Hit rate") + ".innerText")).contains("50.0 %");
            assertThat(browser.text(chart("Throughput") + ".innerText")).contains("get");
            for (String title : List.of("Hit rate", "Throughput")) {
              assertThat(
                      browser.text(chart(title) + ".querySelector('path.line').getAttribute('d')"))
                  .as("a line through " + title)
                  .contains("L");
            }
            assertThat(browser.text("document.querySelector('.facts').innerText"))
                .contains("Loading…")
                .doesNotContain("1,800");
            assertThat(browser.text("document.querySelector('#details > .table-card').hidden"))
                .isEqualTo("true");
          });
      browser.awaitTrue(fact("hits") + " === '310'");
      assertThat(browser.text(chart("Latency") + ".innerText")).contains("mean, before");
      assertThat(browser.problems()).isEmpty();
    }
  }

  @Test
  void past_ofTenThousandCaches_isBoundedAndExact() throws Exception {
    try (PageServer server = PageServer.of(caches)) {
      open(server);
      Object past = browser.evaluate(PAST_OF_TEN_THOUSAND);
      assertThat(Json.number(past, "samples")).isBetween(30.0, 90.0);
      assertThat(Json.number(past, "first")).as("the first reading is still there").isEqualTo(0);
      assertThat(Json.number(past, "gets")).isEqualTo(3 * 199);
      assertThat(Json.number(past, "gaps")).isEqualTo(1);
    }
  }

  /** The gets of one cache over 200 readings, as the rates of the samples tell them. */
  private static final String PAST_OF_TEN_THOUSAND =
      """
      import("/assets/history.js").then(({ Past }) => {
        const past = new Past();
        for (let i = 0; i < 200; i++) {
          const rows = Array.from({ length: 10_000 }, (_, cache) => ({
            key: `cache ${cache}`, target: 0, isStale: false, hits: 3 * i, misses: 0, puts: 0,
            removals: 0, errors: 0, count: 3 * i, sumNanos: 5 * i, counts: [3 * i],
          }));
          past.add(rows, { targets: [{ atMillis: 2000 * i }], instance: "one", operations: ["get"] },
            "get", 2000 * i, 6000);
        }
        const samples = past.samplesOf("cache 9999");
        const gets = samples.reduce((sum, { time, rates }, i) =>
          sum + (i === 0 ? 0 : (rates.get * (time - samples[i - 1].time)) / 1000), 0);
        return {
          samples: samples.length, first: samples[0].time, gets: Math.round(gets),
          gaps: samples.filter((sample) => sample.isGap).length,
        };
      })
      """;

  @Test
  void namesThatLookAlike_haveRowsAndLinksOfTheirOwn() throws Exception {
    List<String> names = List.of("a:b", "a.b", "a,b", "a/b", "__proto__");
    for (int i = 0; i < names.size(); i++) {
      caches
          .add("redis.//one", names.get(i))
          .get(i + 1, 1, 80)
          .run("constructor", 2, 80)
          .run("__proto__", 3, 80)
          .fail("get", "__proto__", 2);
    }
    caches.add("redis.//one", "half \uD83D").get(10, 1, 80);
    try (PageServer server = PageServer.of(caches)) {
      open(server);
      List<String> links = new ArrayList<>();
      for (int i = 0; i < names.size(); i++) {
        choose(names.get(i));
        browser.awaitTrue(fact("hits") + " === '" + (i + 1) + "'");
        links.add(browser.text("location.href"));
      }
      assertThat(links).doesNotHaveDuplicates();
      assertThat(browser.text("document.querySelector('#details > .table-card').innerText"))
          .contains("constructor", "__proto__");
      browser.evaluate(
          "[...document.querySelectorAll('.caches tbody tr')].find("
              + "row => row.querySelector('bdi').textContent.startsWith('half')).click()");
      browser.awaitTrue(fact("hits") + " === '10'");
      browser.open("about:blank");
      browser.open(links.get(2));
      browser.awaitTrue(fact("hits") + " === '3'");
      assertThat(browser.problems()).isEmpty();
    }
  }

  @Test
  void targetThatTakesLongerThanTheServerWaits_isShown() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    CacheSource slow =
        () -> {
          try {
            assertThat(never.await(2600, TimeUnit.MILLISECONDS)).isFalse();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          return caches.read();
        };
    try (PageServer server = PageServer.of(slow)) {
      browser.open(server.url(""));
      browser.awaitTrue(
          "document.getElementById('trouble').innerText.includes('has not answered')");
      browser.awaitTrue("document.querySelectorAll('.caches tbody tr').length === 1");
      assertThat(browser.problems()).isEmpty();
    }
  }

  @Test
  void emptyJvm_saysSo() throws Exception {
    try (PageServer server = PageServer.of(() -> new SimulatedCaches().read())) {
      browser.open(server.url(""));
      browser.awaitTrue("document.getElementById('no-caches').innerText.includes('No caches yet')");
      assertThat(browser.text("document.getElementById('details').hidden")).isEqualTo("true");
      assertThat(browser.text("document.querySelector('main').innerText"))
          .doesNotContain("Loading", "NaN", "undefined");
      assertThat(browser.problems()).isEmpty();
    }
  }

  @Test
  void tenThousandCaches_arePaged() throws Exception {
    for (int i = 0; i < 10_000; i++) {
      caches.add("redis.//one", "cache " + i);
    }
    try (PageServer server = PageServer.of(caches)) {
      open(server);
      assertThat(browser.text("document.getElementById('cache-count').innerText"))
          .isEqualTo("10,001");
      assertThat(browser.text("document.getElementById('pager').innerText"))
          .contains("Caches 1 to 1,200 of 10,001");
      assertThat(browser.evaluate("document.querySelectorAll('.caches tbody tr').length"))
          .isEqualTo(1200.0);
      browser.evaluate("document.querySelector('.caches tbody tr').focus()");
      browser.press("End");
      assertThat(browser.text("document.activeElement.querySelector('bdi').textContent"))
          .isEqualTo("orders");
      browser.evaluate("document.querySelector('#pager button').click()");
      browser.awaitTrue("document.getElementById('pager').innerText.includes('8,401 to 9,600')");
      browser.evaluate("document.getElementById('filter').value = 'cache 77'");
      browser.evaluate("document.getElementById('filter').dispatchEvent(new Event('input'))");
      browser.awaitTrue("document.querySelectorAll('.caches tbody tr').length === 111");
      assertThat(browser.text("document.getElementById('pager').hidden")).isEqualTo("true");
      assertThat(browser.problems()).isEmpty();
    }
  }

  @Test
  void plainProvider_showsAverages() throws Exception {
    SimulatedCaches plain = new SimulatedCaches();
    plain.add("other", "plain").plain().get(1000, 0.75, 80).put(10, 200);
    try (PageServer server = PageServer.of(plain)) {
      open(server);
      assertThat(browser.text(cell("plain", "p50"))).isEqualTo("–");
      assertThat(browser.text(cell("plain", "mean"))).endsWith(" µs");
      browser.awaitTrue(chart("Latency") + ".innerText.includes('mean since start')");
      browser.awaitTrue(chart("Latency") + ".querySelectorAll('path.line').length === 2");
      assertThat(browser.text(chart("Latency distribution") + ".innerText"))
          .contains("measures averages only");
      assertThat(browser.text(chart("Errors") + ".innerText")).contains("does not count errors");
      assertThat(browser.problems()).isEmpty();
    }
  }

  @Test
  void serverGone_bannerShows_andGoesByItself() throws Exception {
    PageServer server = PageServer.of(caches);
    int port = server.port();
    try (server) {
      open(server);
      assertThat(browser.text("document.getElementById('banner').innerText")).isEmpty();
    }
    browser.awaitTrue("document.getElementById('banner').innerText.includes('cannot be reached')");
    assertThat(browser.text("document.getElementById('pulse').innerText"))
        .isEqualTo("Disconnected");
    assertThat(browser.text(cell("orders", "hits"))).as("what was known").isEqualTo("1,800");
    browser.screenshot(PICTURES.resolve("lost.png"), /* isWhole= */ false);
    caches.change(() -> orders.get(100, 1, 80));
    try (PageServer again = PageServer.of(caches, "/", port)) {
      browser.awaitTrue("document.getElementById('banner').innerText === ''");
      browser.awaitTrue(cell("orders", "hits") + " === '1,900'");
      assertThat(again.port()).isEqualTo(port);
    }
  }

  @Test
  void targetDown_figuresStayMarkedAsOld() throws Exception {
    try (PageServer server = PageServer.of(caches)) {
      open(server);
      caches.fail("connection reset");
      browser.awaitTrue(
          "document.getElementById('trouble').innerText.includes('connection reset')");
      browser.awaitTrue("document.querySelector('.caches tbody tr').classList.contains('stale')");
      assertThat(browser.text("document.getElementById('tile-targets').innerText"))
          .contains("0 of 1 up");
      assertThat(browser.text(cell("orders", "cache"))).containsPattern("as of \\d\\d:\\d\\d:");
      assertThat(browser.text("document.getElementById('details').innerText"))
          .containsPattern("cannot be read[.] These figures are as of \\d\\d:\\d\\d:");
      assertThat(browser.text(fact("hit rate now"))).isEqualTo("–");
      assertThat(browser.text("document.getElementById('tile-hitRate').innerText"))
          .as("sums have no figures of a target that is down")
          .contains("– since start");
      caches.fail(null);
      browser.awaitTrue("document.getElementById('trouble').hidden");
      browser.awaitTrue("!document.querySelector('.caches tbody tr').classList.contains('stale')");
    }
  }

  @ParameterizedTest
  @CsvSource({"light,light", "dark,light", "light,dark", "dark,auto"})
  void colours_haveContrast(String system, String theme) throws Exception {
    orders.fail("get", "timeout", 3);
    try (PageServer server = PageServer.of(caches)) {
      browser.prefer("prefers-color-scheme", system);
      open(server);
      browser.evaluate(
          ("(() => { const box = document.getElementById('theme'); box.value = '%s';"
                  + " box.dispatchEvent(new Event('change')); })()")
              .formatted(theme));
      boolean isDark = theme.equals("dark") || (theme.equals("auto") && system.equals("dark"));
      double brightness = Json.number(browser.evaluate(Contrast.PAGE_BRIGHTNESS));
      assertThat(brightness < 0.2).as("dark").isEqualTo(isDark);
      assertThat(browser.evaluate(Contrast.TOO_LITTLE)).isEqualTo(List.of());
      browser.open(server.url(""));
      assertThat(Json.number(browser.evaluate(Contrast.PAGE_BRIGHTNESS)))
          .as("remembered")
          .isEqualTo(brightness);
      browser.awaitTrue("document.querySelectorAll('path.line').length > 0");
      browser.screenshot(
          PICTURES.resolve("%s-%s.png".formatted(system, theme)), /* isWhole= */ true);
      browser.evaluate("localStorage.removeItem('yokedcache.theme')");
    }
  }

  @Test
  void narrow_pageDoesNotScrollSideways() throws Exception {
    caches.add("a manager whose name is rather long", "x".repeat(300)).get(9999, 1, 80);
    try (PageServer server = PageServer.of(caches)) {
      browser.size(360, 740, /* isMobile= */ true);
      open(server);
      browser.awaitTrue("document.querySelectorAll('path.line').length > 0");
      assertThat(browser.evaluate("document.documentElement.scrollWidth")).isEqualTo(360.0);
      browser.screenshot(PICTURES.resolve("narrow.png"), /* isWhole= */ true);
    }
  }

  @Test
  void thousandCaches_pageStaysResponsive() throws Exception {
    for (int i = 0; i < 1000; i++) {
      caches.add("redis.//one", "cache " + i).get(10, 0.9, 80).put(3, 100);
    }
    try (PageServer server = PageServer.of(caches)) {
      open(server);
      browser.awaitTrue("document.querySelectorAll('.caches tbody tr').length === 1001");
      Object longest = browser.evaluate(LONGEST_TASK);
      assertThat(Json.number(longest, "millis")).isLessThan(1000);
      assertThat(Json.number(longest, "updates")).isGreaterThan(1);
    }
  }

  /** How long the page was busy at a stretch, at most, during five seconds of updates. */
  private static final String LONGEST_TASK =
      """
      new Promise((done) => {
        const before = performance.getEntriesByType("resource").length;
        let millis = 0;
        const observer = new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) millis = Math.max(millis, entry.duration);
        });
        observer.observe({ type: "longtask" });
        setTimeout(() => {
          observer.disconnect();
          done({ millis, updates: performance.getEntriesByType("resource").length - before });
        }, 5000);
      })
      """;
}
