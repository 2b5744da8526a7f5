package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.codec.CodecException;
import java.util.function.Function;

/**
 * The form of a JDK type whose values are best written as text.
 *
 * @param prefix what the form begins with, such as {@code #L} or {@code #TLocalDate:}
 * @param type the class
 * @param toText the text: the same for equal values, in every JVM and every version of the JDK
 * @param fromText the value of a text
 */
record TextForm(
    String prefix,
    Class<?> type,
    Function<Object, String> toText,
    Function<String, Object> fromText) {

  static <T> TextForm of(
      String prefix, Class<T> type, Function<T, String> toText, Function<String, T> fromText) {
    return new TextForm(
        prefix, type, value -> toText.apply(type.cast(value)), text -> fromText.apply(text));
  }

  /** The form of a type that is named in its prefix. */
  static <T> TextForm named(
      Class<T> type, Function<T, String> toText, Function<String, T> fromText) {
    return of("#T" + type.getSimpleName() + ":", type, toText, fromText);
  }

  /** The value of a text, which must be the very text that the value has. */
  Object read(String text) {
    Object value = fromText.apply(text);
    if (!toText.apply(value).equals(text)) {
      throw new CodecException(
          "Not a canonical key: the text of its " + type.getSimpleName() + " is not the usual one",
          null);
    }
    return value;
  }
}
