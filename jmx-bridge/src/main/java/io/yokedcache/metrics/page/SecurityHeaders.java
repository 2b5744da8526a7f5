package io.yokedcache.metrics.page;

import com.sun.net.httpserver.Headers;

/** Headers of every answer, which let the page be and load only what it has to. */
final class SecurityHeaders {

  /**
   * Nothing but own scripts, styles, images and figures; no inline script or style, so that a
   * cache's name could not become one even if it got into the page as markup.
   */
  private static final String CONTENT_SECURITY_POLICY =
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
          + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

  private SecurityHeaders() {}

  static void addTo(Headers headers) {
    headers.set("Content-Security-Policy", CONTENT_SECURITY_POLICY);
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Referrer-Policy", "no-referrer");
    headers.set("Cross-Origin-Resource-Policy", "same-origin");
    headers.set("Cache-Control", "no-store");
  }
}
