package io.yokedcache.metrics.page;

import java.util.Locale;

/** Understands the header {@code Accept-Encoding}, RFC 9110 section 12.5.3. */
final class AcceptEncoding {

  private AcceptEncoding() {}

  /** Whether gzip is welcome: named, or covered by a star, and not with weight 0. */
  static boolean hasGzip(String header) {
    boolean isWelcomeByStar = false;
    for (String element : header.toLowerCase(Locale.ROOT).split(",", -1)) {
      String[] parts = element.split(";", 2);
      boolean isWelcome = parts.length == 1 || !parts[1].strip().matches("q\\s*=\\s*0(\\.0*)?");
      switch (parts[0].strip()) {
        case "gzip" -> {
          return isWelcome;
        }
        case "*" -> isWelcomeByStar = isWelcome;
        default -> {}
      }
    }
    return isWelcomeByStar;
  }
}
