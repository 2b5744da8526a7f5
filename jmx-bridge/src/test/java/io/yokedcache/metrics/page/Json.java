package io.yokedcache.metrics.page;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads JSON strictly: objects as maps, arrays as lists, all numbers as doubles. */
final class Json {

  private final String text;
  private int at;

  private Json(String text) {
    this.text = text;
  }

  static @Nullable Object parse(String text) {
    Json json = new Json(text);
    Object value = json.value();
    json.skipSpace();
    if (json.at != text.length()) {
      throw json.failure("the end");
    }
    return value;
  }

  /** Goes down through objects by name and arrays by index. */
  static @Nullable Object at(@Nullable Object value, Object... path) {
    @Nullable Object here = value;
    for (Object step : path) {
      if (here instanceof Map<?, ?> map) {
        here = map.get(step);
      } else if (here instanceof List<?> list && step instanceof Integer index) {
        here = list.get(index);
      } else {
        return null;
      }
    }
    return here;
  }

  /** As {@link #at}, of what must be an array. */
  static List<?> list(@Nullable Object value, Object... path) {
    if (at(value, path) instanceof List<?> list) {
      return list;
    }
    throw new IllegalArgumentException("No array in " + value);
  }

  /** As {@link #at}, of what must be a number. */
  static double number(@Nullable Object value, Object... path) {
    if (at(value, path) instanceof Double number) {
      return number;
    }
    throw new IllegalArgumentException("No number in " + value);
  }

  private @Nullable Object value() {
    skipSpace();
    char c = peek();
    return switch (c) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> string();
      case 't' -> literal("true", true);
      case 'f' -> literal("false", false);
      case 'n' -> literal("null", null);
      default -> number();
    };
  }

  private Map<String, @Nullable Object> object() {
    Map<String, @Nullable Object> members = new LinkedHashMap<>();
    expect('{');
    skipSpace();
    while (peek() != '}') {
      if (!members.isEmpty()) {
        expect(',');
        skipSpace();
      }
      String name = string();
      skipSpace();
      expect(':');
      members.put(name, value());
      skipSpace();
    }
    at++;
    return members;
  }

  private List<@Nullable Object> array() {
    List<@Nullable Object> elements = new ArrayList<>();
    expect('[');
    skipSpace();
    while (peek() != ']') {
      if (!elements.isEmpty()) {
        expect(',');
      }
      elements.add(value());
      skipSpace();
    }
    at++;
    return elements;
  }

  private String string() {
    expect('"');
    StringBuilder result = new StringBuilder();
    while (peek() != '"') {
      char c = text.charAt(at++);
      if (c < ' ') {
        throw failure("no control character");
      }
      result.append(c == '\\' ? escaped() : c);
    }
    at++;
    return result.toString();
  }

  private char escaped() {
    char c = text.charAt(at++);
    return switch (c) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'u' -> (char) Integer.parseInt(text.substring(at, at += 4), 16);
      case '"', '\\', '/' -> c;
      default -> throw failure("an escape");
    };
  }

  private Double number() {
    int start = at;
    while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    if (start == at) {
      throw failure("a value");
    }
    return Double.valueOf(text.substring(start, at));
  }

  private @Nullable Object literal(String word, @Nullable Object meaning) {
    if (!text.startsWith(word, at)) {
      throw failure(word);
    }
    at += word.length();
    return meaning;
  }

  private void skipSpace() {
    while (at < text.length() && " \n\r\t".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private char peek() {
    if (at >= text.length()) {
      throw failure("more");
    }
    return text.charAt(at);
  }

  private void expect(char c) {
    if (peek() != c) {
      throw failure("'" + c + "'");
    }
    at++;
  }

  private IllegalArgumentException failure(String expected) {
    int end = Math.min(text.length(), at + 40);
    return new IllegalArgumentException(
        "Expected " + expected + " at " + at + ": " + text.substring(Math.min(at, end), end));
  }
}
