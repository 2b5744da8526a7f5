package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.codec.Codec;
import io.yokedcache.jcache.internal.codec.serial.Utf8;
import io.yokedcache.jcache.internal.codec.value.CheckedCodec;
import io.yokedcache.jcache.internal.codec.value.StringCodec;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A glob that matches the whole text of a key: {@code *} stands for any characters, {@code ?} for
 * one, {@code [a-z]} and {@code [^a-z]} for one of a set or of all others, and a backslash takes
 * the special meaning from the next character. Characters are Unicode code points. Immutable.
 *
 * <p>Matching takes at most the product of the two lengths: on a mismatch only the last star is
 * tried at another length.
 */
public final class KeyPattern implements Predicate<Object> {

  /** One element of the pattern; all but {@link Star} match one character. */
  private sealed interface Element permits Star, Literal, CharacterSet {}

  private record Star() implements Element {}

  private record Literal(int character) implements Element {}

  /**
   * A set of characters.
   *
   * @param bounds the first and the last character of each range
   */
  private record CharacterSet(boolean isNegated, List<Integer> bounds) implements Element {

    /** Any character. */
    static final CharacterSet ALL = new CharacterSet(/* isNegated= */ true, List.of());

    boolean contains(int character) {
      for (int i = 0; i < bounds.size(); i += 2) {
        if (character >= bounds.get(i) && character <= bounds.get(i + 1)) {
          return !isNegated;
        }
      }
      return isNegated;
    }
  }

  private final String glob;
  private final List<Element> elements;

  /** The text before the first special character: each key that matches begins with it. */
  private final String literal;

  private KeyPattern(String glob) {
    this.glob = glob;
    this.elements = new Parser(glob).parse();
    StringBuilder beginning = new StringBuilder();
    for (Element element : elements) {
      if (!(element instanceof Literal character)) {
        break;
      }
      beginning.appendCodePoint(character.character);
    }
    this.literal = beginning.toString();
  }

  /**
   * The pattern of a glob for the keys of a cache.
   *
   * @param keyType the declared type of the keys
   * @throws IllegalArgumentException if a set is not closed, or the glob ends with a backslash
   * @throws UnsupportedOperationException if no key of the type has a text
   */
  public static KeyPattern of(String glob, Class<?> keyType, String cacheName) {
    if (!mayHaveText(keyType)) {
      throw new UnsupportedOperationException(
          "The keys of cache %s are of %s, which has no text that a pattern could match. Types with a text are String, Character, whole numbers, BigDecimal, Boolean, UUID, enums, URI, Locale, Currency and those of java.time."
              .formatted(cacheName, keyType));
    }
    return new KeyPattern(glob);
  }

  private static boolean mayHaveText(Class<?> type) {
    return type.isAssignableFrom(String.class) // also Object, Comparable, Serializable
        || type.isAssignableFrom(Long.class)
        || type == Character.class
        || type.isEnum()
        || Enum.class.isAssignableFrom(type)
        || type.getName().equals("java.time.ZoneId")
        || (hasPlainText(type) && TextForms.prefixOf(type) != null);
  }

  /** Whether the text of a number is not the hexadecimal one of its key. */
  private static boolean hasPlainText(Class<?> type) {
    return type != Double.class && type != Float.class;
  }

  /** The text of a key, or {@code null} if its class has none. */
  static @Nullable String text(Object key) {
    if (key instanceof String text) {
      return text;
    }
    if (key instanceof Character character) {
      return character.toString();
    }
    if (key instanceof Enum<?> constant) {
      return constant.name();
    }
    TextForms.Form form = hasPlainText(key.getClass()) ? TextForms.of(key) : null;
    return form == null ? null : form.toText().apply(key);
  }

  /** Whether the text of a key matches. */
  @Override
  public boolean test(Object key) {
    String text = text(key);
    return text != null && matches(text);
  }

  /**
   * The bytes with which the encoded keys begin that match, as alternatives. Other keys may begin
   * with them too.
   *
   * @param codec the codec of the keys
   * @param keyType the declared type of the keys
   * @return an empty list if the bytes are not known: for a pattern that begins with a special
   *     character, for a codec of the application, and for a type whose keys have several forms
   */
  public List<byte[]> beginnings(Codec<?> codec, Class<?> keyType) {
    Object kind = codec instanceof CheckedCodec<?> checked ? checked.codec() : codec;
    if (literal.isEmpty()) {
      return List.of();
    }
    if (kind instanceof StringCodec) {
      return List.of(literal.getBytes(StandardCharsets.UTF_8));
    }
    if (!(kind instanceof CanonicalKeyCodec)) {
      return List.of();
    }
    if (keyType == String.class) {
      // A text without a UTF-8 form is written in digits, and the pattern may match one.
      byte[] digits = KeyForms.digits(literal).getBytes(StandardCharsets.US_ASCII);
      String mark = literal.charAt(0) == KeyForms.MARK ? "#" : "";
      return Utf8.isWellFormed(literal)
          ? List.of((mark + literal).getBytes(StandardCharsets.UTF_8), digits)
          : List.of(digits);
    }
    String prefix = hasPlainText(keyType) ? TextForms.prefixOf(keyType) : null;
    boolean isText =
        prefix != null && Modifier.isFinal(keyType.getModifiers()) && keyType != Character.class;
    return isText ? List.of((prefix + literal).getBytes(StandardCharsets.UTF_8)) : List.of();
  }

  private boolean matches(String text) {
    int element = 0;
    int at = 0;
    int afterStar = -1;
    int starEnd = 0;
    while (at < text.length()) {
      int character = text.codePointAt(at);
      if (element < elements.size() && elements.get(element) instanceof Star) {
        afterStar = ++element;
        starEnd = at;
      } else if (element < elements.size() && isMatch(elements.get(element), character)) {
        element++;
        at += Character.charCount(character);
      } else if (afterStar >= 0) {
        starEnd += Character.charCount(text.codePointAt(starEnd));
        at = starEnd;
        element = afterStar;
      } else {
        return false;
      }
    }
    while (element < elements.size() && elements.get(element) instanceof Star) {
      element++;
    }
    return element == elements.size();
  }

  private static boolean isMatch(Element element, int character) {
    if (element instanceof Literal literal) {
      return literal.character == character;
    }
    return element instanceof CharacterSet set && set.contains(character);
  }

  @Override
  public String toString() {
    return glob;
  }

  /** Reads a glob from left to right. Used by one thread. */
  private static final class Parser {

    private final String glob;
    private int at;

    Parser(String glob) {
      this.glob = glob;
    }

    List<Element> parse() {
      List<Element> elements = new ArrayList<>();
      while (at < glob.length()) {
        int character = next();
        if (character == '*') {
          elements.add(new Star());
        } else if (character == '?') {
          elements.add(CharacterSet.ALL);
        } else if (character == '[') {
          elements.add(set());
        } else {
          elements.add(new Literal(character == '\\' ? escaped() : character));
        }
      }
      return List.copyOf(elements);
    }

    private CharacterSet set() {
      boolean isNegated = at < glob.length() && glob.charAt(at) == '^';
      at += isNegated ? 1 : 0;
      List<Integer> bounds = new ArrayList<>();
      while (at < glob.length()) {
        int first = next();
        if (first == ']') {
          return new CharacterSet(isNegated, List.copyOf(bounds));
        }
        first = first == '\\' ? escaped() : first;
        int last = first;
        if (at + 1 < glob.length() && glob.charAt(at) == '-' && glob.charAt(at + 1) != ']') {
          at++;
          last = next();
          last = last == '\\' ? escaped() : last;
        }
        bounds.add(Math.min(first, last));
        bounds.add(Math.max(first, last));
      }
      throw wrong("a set that begins with [ does not end with ]");
    }

    private int escaped() {
      if (at == glob.length()) {
        throw wrong("it ends with a backslash; write two of them for one");
      }
      return next();
    }

    private int next() {
      int character = glob.codePointAt(at);
      at += Character.charCount(character);
      return character;
    }

    private IllegalArgumentException wrong(String reason) {
      return new IllegalArgumentException("The pattern %s is wrong: %s".formatted(glob, reason));
    }
  }
}
