package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.internal.codec.serial.Utf8;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The canonical forms by type. A string is written as UTF-8; all other forms begin with {@code #}
 * and a letter.
 *
 * <pre>
 * text             a string             ##text            a string that begins with #
 * #X d800          a string that has no UTF-8 form, as UTF-16 in hexadecimal digits
 * #L42 #I7 ...     see {@link TextForms}
 * #N               null, as a part only
 * #Eclass;NAME     an enum constant     #b bytes          a byte array
 * #A[element;...   another array        #l #s #m #e       list, set, map, map entry
 * #Rclass@shape;.. a record             #Oclass@shape;..  a value class, field by field
 * #J bytes         Java serialisation, where nothing better is known
 * </pre>
 */
final class KeyForms {

  static final char MARK = '#';

  private static final HexFormat HEX = HexFormat.of();

  private static final int DIGITS_PER_CHAR = 4;

  /** All forms except containers, value classes and Java serialisation. */
  private static final String CLOSED_TAGS = "#XNEbARTLISBZCDFU";

  private final boolean isClosed;
  private final ObjectForms objects;

  /**
   * Creates the forms.
   *
   * @param isClosed whether the type of the keys has only plain parts
   */
  KeyForms(boolean isClosed, ObjectForms objects) {
    this.isClosed = isClosed;
    this.objects = objects;
  }

  void write(@Nullable Object value, KeyWriter out) {
    if (value == null) {
      out.text("#N");
      return;
    }
    if (value instanceof String text) {
      writeString(text, out);
      return;
    }
    TextForms.Form form = TextForms.of(value);
    if (form != null) {
      out.text(form.prefix());
      out.text(form.toText().apply(value));
    } else if (value instanceof Enum<?> constant) {
      objects.writeEnum(constant, out);
    } else if (value.getClass().isArray()) {
      objects.writeArray(value, out);
    } else if (value instanceof List<?> list) {
      Containers.writeList(list, out);
    } else if (value instanceof Set<?> set) {
      Containers.writeSet(set, out);
    } else if (value instanceof Map<?, ?> map) {
      Containers.writeMap(map, out);
    } else if (value instanceof Map.Entry<?, ?> entry) {
      Containers.writeEntry(entry, out);
    } else {
      objects.write(value, out);
    }
  }

  private static void writeString(String text, KeyWriter out) {
    if (!Utf8.isWellFormed(text)) {
      out.text(digits(text));
      return;
    }
    if (!text.isEmpty() && text.charAt(0) == MARK) {
      out.text("#");
    }
    out.text(text);
  }

  /** The form of a text that has no UTF-8 form. */
  static String digits(String text) {
    StringBuilder digits = new StringBuilder("#X");
    for (int i = 0; i < text.length(); i++) {
      digits.append(HEX.toHexDigits(text.charAt(i)));
    }
    return digits.toString();
  }

  @Nullable Object read(KeyReader in) {
    if (!in.startsWith(MARK)) {
      return in.restAsText();
    }
    in.next();
    char tag = in.next();
    if (isClosed && CLOSED_TAGS.indexOf(tag) < 0) {
      throw in.damaged("the cache is declared for another type of keys");
    }
    return switch (tag) {
      case MARK -> MARK + in.restAsText();
      case 'X' -> readMalformed(in);
      case 'N' -> readNull(in);
      case 'E' -> objects.readEnum(in);
      case 'b' -> in.rest();
      case 'A' -> objects.readArray(in);
      case 'l' -> in.values();
      case 's' -> Containers.readSet(in);
      case 'm' -> Containers.readMap(in);
      case 'e' -> Containers.readEntry(in);
      case 'R', 'O' -> objects.read(tag, in);
      case 'J' -> objects.readJava(in);
      default -> TextForms.read(tag, in);
    };
  }

  private static String readMalformed(KeyReader in) {
    String digits = in.restAsText();
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < digits.length(); i += DIGITS_PER_CHAR) {
      int end = Math.min(digits.length(), i + DIGITS_PER_CHAR);
      text.append((char) HexFormat.fromHexDigits(digits, i, end));
    }
    if (Utf8.isWellFormed(text.toString())) {
      throw in.damaged("a text with a UTF-8 form is written in digits");
    }
    if (!digits(text.toString()).equals("#X" + digits)) {
      throw in.damaged("the digits of a text are not the usual ones");
    }
    return text.toString();
  }

  private static @Nullable Object readNull(KeyReader in) {
    if (in.hasMore()) {
      throw in.damaged("a null has content");
    }
    return null;
  }
}
