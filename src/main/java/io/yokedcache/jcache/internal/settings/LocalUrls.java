package io.yokedcache.jcache.internal.settings;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Tells URLs of this machine from those that are fetched over a network, by their text, also where
 * one stands inside another: {@code jar:http://host/x.jar!/x.conf}. Nothing is opened for it.
 */
final class LocalUrls {

  /** Schemes that mean a network whatever follows. */
  private static final Set<String> REMOTE =
      Set.of(
          "http", "https", "ftp", "ftps", "sftp", "mailto", "ldap", "ldaps", "rmi", "jnlp", "smb",
          "cifs", "nfs", "hdfs", "webdav", "dav", "ws", "wss", "s3", "gs");

  /** Two characters at least: one alone is a drive of Windows. */
  private static final Pattern SCHEME = Pattern.compile("\\s*([A-Za-z][A-Za-z0-9+.-]+):(.*)");

  private static final Pattern HOST = Pattern.compile("[/\\\\]{2}+[^/\\\\].*");

  private LocalUrls() {}

  /** Why a URL is not local, to be put behind its name in a message; {@code null} if it is. */
  static @Nullable String objection(String url) {
    // Whatever stands behind the last ! is a name inside of an archive.
    int entry = url.lastIndexOf('!');
    String rest = (entry < 0 ? url : url.substring(0, entry)).replaceAll("[\\r\\n]", " ");
    String scheme = "";
    Matcher next = SCHEME.matcher(rest);
    while (next.matches()) {
      scheme = next.group(1).toLowerCase(Locale.ROOT);
      if (REMOTE.contains(scheme)) {
        return "is fetched over a network by "
            + scheme
            + ":, which a configuration should not depend on; save the file and name it by file: or"
            + " classpath:";
      }
      rest = next.group(2);
      next = SCHEME.matcher(rest);
    }
    // The JVM asks an FTP server of that name, or Windows a file server.
    return HOST.matcher(rest).matches() || rest.startsWith("\\\\") || rest.startsWith("////")
        ? "names a host before the file; write file:/path/file.conf"
        : null;
  }
}
