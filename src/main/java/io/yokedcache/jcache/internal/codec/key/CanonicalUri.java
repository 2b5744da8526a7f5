package io.yokedcache.jcache.internal.codec.key;

import java.net.URI;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The text of a URI such that equal ones have the same: {@link URI#equals} ignores the case of the
 * scheme, of the host and of the digits after a percent sign, and how a port is spelled.
 */
final class CanonicalUri {

  private static final Pattern ESCAPE = Pattern.compile("%[0-9a-fA-F]{2}");

  private CanonicalUri() {}

  static String text(URI uri) {
    StringBuilder text = new StringBuilder();
    if (uri.getScheme() != null) {
      text.append(uri.getScheme().toLowerCase(Locale.ROOT)).append(':');
    }
    if (uri.isOpaque()) {
      text.append(uri.getRawSchemeSpecificPart());
    } else {
      appendHierarchy(uri, text);
    }
    append(text, '#', uri.getRawFragment());
    return ESCAPE.matcher(text).replaceAll(escape -> escape.group().toUpperCase(Locale.ROOT));
  }

  private static void appendHierarchy(URI uri, StringBuilder text) {
    if (uri.getHost() != null) {
      text.append("//");
      if (uri.getRawUserInfo() != null) {
        text.append(uri.getRawUserInfo()).append('@');
      }
      text.append(uri.getHost().toLowerCase(Locale.ROOT));
      if (uri.getPort() >= 0) {
        text.append(':').append(uri.getPort());
      }
    } else if (uri.getRawAuthority() != null) {
      text.append("//").append(uri.getRawAuthority());
    } else if (uri.getRawPath().startsWith("//")) {
      // An empty authority, without which the path would be taken for one.
      text.append("//");
    }
    text.append(uri.getRawPath());
    append(text, '?', uri.getRawQuery());
  }

  private static void append(StringBuilder text, char delimiter, @Nullable String part) {
    if (part != null) {
      text.append(delimiter).append(part);
    }
  }
}
