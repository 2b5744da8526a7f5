package io.yokedcache.metrics.page;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Takes the README's picture of the page, of the demo in a real browser. */
final class StatusPagePicture {

  /** Long enough for the demo to be slow for once. */
  private static final int SECONDS = 50;

  private StatusPagePicture() {}

  /** Writes the picture into the file given; docs/images/status-page.sh calls this. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("status-page");
    try (PageServer server = StatusPageDemo.start(0);
        Browser browser = Browser.start(folder)) {
      browser.size(1280, 1288, /* isMobile= */ false);
      browser.prefer("prefers-color-scheme", "light");
      browser.open(server.url(""));
      for (int i = 0; i < SECONDS; i++) {
        browser.evaluate("new Promise(done => setTimeout(() => done(0), 1000))");
      }
      browser.screenshot(Path.of(arguments[0]), /* isWhole= */ false);
      if (!browser.problems().isEmpty()) {
        throw new IOException("The page has problems: " + browser.problems());
      }
    }
  }
}
