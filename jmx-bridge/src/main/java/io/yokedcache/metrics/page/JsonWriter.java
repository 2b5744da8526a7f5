package io.yokedcache.metrics.page;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON (RFC 8259) into a string, for the page and for {@code list --json}. Numbers that JSON
 * lacks, such as NaN, become {@code null}. Characters outside ASCII are escaped, so that half of a
 * surrogate pair survives.
 *
 * <p>The caller must write names within objects and close all objects and arrays. Not thread-safe.
 */
public final class JsonWriter {

  private final StringBuilder text = new StringBuilder();
  private final String space;

  private JsonWriter(String space) {
    this.space = space;
  }

  /** Creates a writer of JSON without white space, for programs. */
  public static JsonWriter compact() {
    return new JsonWriter("");
  }

  /** Creates a writer of JSON with spaces after colons and commas, for people. */
  public static JsonWriter spaced() {
    return new JsonWriter(" ");
  }

  public JsonWriter beginObject() {
    return separated("{");
  }

  public JsonWriter endObject() {
    text.append('}');
    return this;
  }

  public JsonWriter beginArray() {
    return separated("[");
  }

  public JsonWriter endArray() {
    text.append(']');
    return this;
  }

  /** Writes a member's name; its value must follow. */
  public JsonWriter name(String name) {
    value(name).text.append(':').append(space);
    return this;
  }

  /** Writes a member of an object, with a value as {@link #value} takes it. */
  public JsonWriter member(String name, @Nullable Object value) {
    return name(name).value(value);
  }

  /** Writes a text, a number, a truth value, a map or a collection of them, or null. */
  public JsonWriter value(@Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      beginObject();
      map.forEach((name, member) -> member(String.valueOf(name), member));
      return endObject();
    }
    if (value instanceof Iterable<?> elements) {
      beginArray();
      elements.forEach(this::value);
      return endArray();
    }
    if (value instanceof Number number) {
      return separated(text(number));
    }
    if (value == null || value instanceof Boolean) {
      return separated(String.valueOf(value));
    }
    separated("\"");
    value.toString().chars().forEach(this::escape);
    text.append('"');
    return this;
  }

  private static String text(Number number) {
    double value = number.doubleValue();
    if (!Double.isFinite(value)) {
      return "null";
    }
    // 3, not 3.0: thousands of figures are whole.
    boolean isWhole = number instanceof Double && value == Math.rint(value);
    return isWhole && Math.abs(value) < 1e15 ? Long.toString((long) value) : number.toString();
  }

  private void escape(int c) {
    if (c == '"' || c == '\\') {
      text.append('\\').append((char) c);
    } else if (c >= ' ' && c < 0x7f) {
      text.append((char) c);
    } else {
      text.append(String.format(Locale.ROOT, "\\u%04x", c));
    }
  }

  /** Puts a comma unless this is the first element of an array, object, or a member's value. */
  private JsonWriter separated(String next) {
    if (text.length() > 0 && "[{: ".indexOf(text.charAt(text.length() - 1)) < 0) {
      text.append(',').append(space);
    }
    text.append(next);
    return this;
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
