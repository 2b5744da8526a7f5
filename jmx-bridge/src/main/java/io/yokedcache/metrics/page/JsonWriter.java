package io.yokedcache.metrics.page;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON (RFC 8259) into a string, for the page and for {@code list --json}. Numbers that JSON
 * lacks, such as NaN, become {@code null}; what is not ASCII is escaped, so that half of a
 * surrogate pair survives too.
 *
 * <p>Who writes takes care that objects have names and that all ends are there. Not thread-safe.
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

  /** Begins an object. */
  public JsonWriter beginObject() {
    separate();
    text.append('{');
    return this;
  }

  /** Ends the object begun last. */
  public JsonWriter endObject() {
    text.append('}');
    return this;
  }

  /** Begins an array. */
  public JsonWriter beginArray() {
    separate();
    text.append('[');
    return this;
  }

  /** Ends the array begun last. */
  public JsonWriter endArray() {
    text.append(']');
    return this;
  }

  /** Writes a member's name; its value must follow. */
  public JsonWriter name(String name) {
    value(name);
    text.append(':').append(space);
    return this;
  }

  /** Writes a text, or {@code null}. */
  public JsonWriter value(@Nullable String value) {
    separate();
    if (value == null) {
      text.append("null");
      return this;
    }
    text.append('"');
    for (int i = 0; i < value.length(); i++) {
      escape(value.charAt(i));
    }
    text.append('"');
    return this;
  }

  /** Writes a truth value, or {@code null}. */
  public JsonWriter value(@Nullable Boolean value) {
    separate();
    text.append(value);
    return this;
  }

  /** Writes a whole number. */
  public JsonWriter value(long value) {
    separate();
    text.append(value);
    return this;
  }

  /** Writes a number, or {@code null} for none and for what JSON lacks. */
  public JsonWriter value(@Nullable Number value) {
    separate();
    if (value == null || !Double.isFinite(value.doubleValue())) {
      text.append("null");
    } else if (value instanceof Double fraction
        && fraction == Math.rint(fraction)
        && Math.abs(fraction) < 1e15) {
      text.append(fraction.longValue()); // 3, not 3.0: thousands of figures are whole
    } else {
      text.append(value);
    }
    return this;
  }

  /** Writes an object of numbers. */
  public JsonWriter values(Map<String, ? extends Number> values) {
    beginObject();
    values.forEach((name, value) -> name(name).value(value));
    return endObject();
  }

  private void escape(char c) {
    if (c == '"' || c == '\\') {
      text.append('\\').append(c);
    } else if (c >= ' ' && c < 0x7f) {
      text.append(c);
    } else {
      text.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
    }
  }

  /** Puts a comma unless this is the first element of an array, object, or a member's value. */
  private void separate() {
    if (text.length() > 0 && "[{: ".indexOf(text.charAt(text.length() - 1)) < 0) {
      text.append(',').append(space);
    }
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
