package io.yokedcache.metrics.page;

import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes JSON (RFC 8259) into a string. Numbers that JSON lacks, such as NaN, become {@code null};
 * what is not ASCII is escaped, so that half of a surrogate pair survives too.
 *
 * <p>Who writes takes care that objects have names and that all ends are there. Not thread-safe.
 */
final class JsonWriter {

  private final StringBuilder text = new StringBuilder(4096);

  /** Begins an object. */
  JsonWriter beginObject() {
    separate();
    text.append('{');
    return this;
  }

  JsonWriter endObject() {
    text.append('}');
    return this;
  }

  JsonWriter beginArray() {
    separate();
    text.append('[');
    return this;
  }

  JsonWriter endArray() {
    text.append(']');
    return this;
  }

  /** Writes a member's name; its value must follow. */
  JsonWriter name(String name) {
    value(name);
    text.append(':');
    return this;
  }

  JsonWriter value(@Nullable String value) {
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

  JsonWriter value(@Nullable Boolean value) {
    separate();
    text.append(value);
    return this;
  }

  JsonWriter value(long value) {
    separate();
    text.append(value);
    return this;
  }

  JsonWriter value(@Nullable Number value) {
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

  JsonWriter values(Map<String, ? extends Number> values) {
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
    if (text.length() > 0 && "[{:".indexOf(text.charAt(text.length() - 1)) < 0) {
      text.append(',');
    }
  }

  @Override
  public String toString() {
    return text.toString();
  }
}
