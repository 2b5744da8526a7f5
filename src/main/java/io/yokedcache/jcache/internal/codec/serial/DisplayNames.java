package io.yokedcache.jcache.internal.codec.serial;

import java.util.Collection;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Cleans names of classes for messages and logs, because any writer to Redis can choose them. */
final class DisplayNames {

  private static final int MAX_LENGTH = 200;
  private static final int MAX_NAMES = 50;
  private static final char FIRST_PRINTABLE = ' ';
  private static final char LAST_ASCII = '~';

  private DisplayNames() {}

  /** Returns the name without line ends and control characters, and of bounded length. */
  static String of(String name) {
    boolean isLong = name.length() > MAX_LENGTH;
    StringBuilder shown = new StringBuilder();
    for (char c : (isLong ? name.substring(0, MAX_LENGTH) : name).toCharArray()) {
      boolean isPlain = c >= FIRST_PRINTABLE && (c <= LAST_ASCII || Character.isLetterOrDigit(c));
      shown.append(isPlain ? String.valueOf(c) : "\\u" + HexFormat.of().toHexDigits(c));
    }
    return (shown.length() > MAX_LENGTH ? shown.substring(0, MAX_LENGTH) : shown)
        + (isLong || shown.length() > MAX_LENGTH ? "..." : "");
  }

  /** Returns the names as a list of bounded length. */
  static String of(Collection<String> names) {
    StringBuilder list = new StringBuilder();
    Iterator<String> each = names.iterator();
    for (int i = 0; i < MAX_NAMES && each.hasNext(); i++) {
      list.append(i == 0 ? "" : ", ").append(of(each.next()));
    }
    int more = names.size() - MAX_NAMES;
    return more > 0 ? list + " and " + more + " more" : list.toString();
  }

  /**
   * Returns the line of configuration that allows further classes: classes of the JDK by name,
   * others by package.
   */
  static String allowLine(List<String> allowedAlready, Collection<String> classNames) {
    Set<String> added = new TreeSet<>();
    for (String name : classNames) {
      int dot = name.lastIndexOf('.');
      boolean byName = dot < 0 || isOfJdk(name) || LearnedTypes.isKnownGadget(name);
      added.add(byName ? name : name.substring(0, dot) + ".*");
    }
    StringBuilder line = new StringBuilder("serialization.allow = [");
    String separator = "";
    for (String entry : allowedAlready) {
      line.append(separator).append('"').append(of(entry)).append('"');
      added.remove(entry);
      separator = ", ";
    }
    int count = 0;
    for (String entry : added) {
      if (count++ < MAX_NAMES) {
        line.append(separator).append('"').append(of(entry)).append('"');
        separator = ", ";
      }
    }
    return line.append(']').toString();
  }

  private static boolean isOfJdk(String name) {
    for (String prefix : List.of("java.", "javax.", "jdk.", "sun.", "com.sun.")) {
      if (name.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }
}
