package io.yokedcache.jcache.internal.codec.value;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.internal.codec.serial.BigEndian;
import io.yokedcache.jcache.internal.codec.serial.Utf8;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads one value in the compact form, see {@link CompactForm}. Any writer to Redis can have chosen
 * the bytes: lengths are compared with the bytes that are left before anything is allocated. Not
 * safe for use by several threads.
 */
final class CompactReader {

  private final CompactForm form;
  private final byte[] bytes;
  private int at;
  private long references;
  private long comparisons;
  private Source[] sources = new Source[4];
  private int sourceCount;

  /**
   * A class of the value.
   *
   * @param type the class in this JVM
   * @param form its form in this JVM
   * @param written the kinds of the components as they were written; {@code null} if they are those
   *     of this JVM
   * @param targets the indexes of the written components in this JVM, -1 for none
   */
  @SuppressWarnings("ArrayRecordComponent") // Nobody changes the arrays.
  private record Source(
      Class<?> type, CompactClass form, byte @Nullable [] written, int[] targets) {}

  CompactReader(CompactForm form, byte[] bytes) {
    this.form = form;
    this.bytes = bytes;
  }

  /**
   * Reads the value.
   *
   * @param declared the type that it must have; nothing else is created
   * @throws RuntimeException if the bytes are damaged
   */
  Object read(Class<?> declared) {
    at = 1;
    CompactContainer container = CompactContainer.ofTag(bytes[0]);
    Object value;
    if (container != null) {
      form.checkType(container.type(), declared);
      value = readContainer(container, /* depth= */ 1);
    } else {
      Source source = readClass();
      form.checkType(source.type(), declared);
      value = readRecord(source, /* depth= */ 1);
    }
    if (at != bytes.length) {
      throw damaged((bytes.length - at) + " bytes follow the value");
    }
    return value;
  }

  /** Returns whether the first byte of a value is one of this form. */
  static boolean begins(byte tag) {
    return tag == CompactWriter.RECORD || CompactContainer.ofTag(tag) != null;
  }

  private @Nullable Object readValue(int depth) {
    form.limits().checkReferences(++references);
    byte tag = bytes[at];
    switch (tag) {
      case (byte) PlainForm.LATIN_1 -> {
        at++;
        return readLatin1();
      }
      case CompactWriter.NULL -> {
        at++;
        return null;
      }
      case CompactWriter.RECORD -> {
        at++;
        return readRecord(readClass(), depth);
      }
      case CompactWriter.ENUM -> {
        at++;
        form.limits().checkDepth(depth);
        return readConstant(readClass());
      }
      default -> {
        CompactContainer container = CompactContainer.ofTag(tag);
        if (container == null) {
          return readPlain(tag);
        }
        at++;
        return readContainer(container, depth);
      }
    }
  }

  private String readLatin1() {
    int length = readLength();
    String text = new String(bytes, at, length, ISO_8859_1);
    at += length;
    return text;
  }

  private Object readPlain(byte tag) {
    PlainForm<?> plain = PlainForm.ofTag(tag);
    if (plain == null) {
      throw damaged("no value begins with " + tag);
    }
    int end = plain.endOf(bytes, at);
    if (end < at || end > bytes.length) {
      throw damaged("they are cut off");
    }
    byte[] part = Arrays.copyOfRange(bytes, at, end);
    at = end;
    return plain.decoder().apply(part, form.settings());
  }

  private Object readConstant(Source source) {
    Object name = readPlain(bytes[at]);
    if (source.form().isEnum() && name instanceof String text) {
      for (Object constant : source.type().getEnumConstants()) {
        if (((Enum<?>) constant).name().equals(text)) {
          return constant;
        }
      }
    }
    throw damaged(source.type().getName() + " has no such constant");
  }

  private Object readContainer(CompactContainer container, int depth) {
    form.limits().checkDepth(depth);
    int start = at;
    int count = readLength();
    if (container.isMap()) {
      // An element takes a byte at least.
      if (count > (bytes.length - at) / 2) {
        throw damaged("they are cut off");
      }
      count *= 2;
    }
    if (container.isArray()) {
      form.limits().checkArray(count);
    }
    form.limits().checkReferences(references + count);
    @Nullable Object[] elements = new @Nullable Object[count];
    KeyOrder order = new KeyOrder(container);
    for (int i = 0; i < count; i++) {
      elements[i] = readValue(depth + 1);
      boolean isKey = !container.isMap() || i % 2 == 0;
      if (isKey && !order.accepts(elements[i])) {
        throw damaged("a hash table has keys that are not written into it");
      }
    }
    comparisons += order.comparisons(at - start);
    form.limits().checkComparisons(comparisons);
    return container.of(elements);
  }

  private Object readRecord(Source source, int depth) {
    form.limits().checkDepth(depth);
    CompactClass type = source.form();
    byte[] kinds = type.kinds();
    byte[] written = source.written();
    @Nullable Object[] components = new @Nullable Object[kinds.length];
    if (written == null) {
      for (int i = 0; i < kinds.length; i++) {
        components[i] = readComponent(kinds[i], depth);
      }
    } else {
      for (int i = 0; i < kinds.length; i++) {
        components[i] = defaultOf(kinds[i]);
      }
      for (int i = 0; i < written.length; i++) {
        Object component = readComponent(written[i], depth);
        int target = source.targets()[i];
        if (target >= 0) {
          components[target] = component;
        }
      }
    }
    return type.create(components);
  }

  private @Nullable Object readComponent(byte kind, int depth) {
    int start = at;
    return switch (kind) {
      case 'Z' -> {
        at++;
        yield bytes[start] != 0;
      }
      case 'B' -> {
        at++;
        yield bytes[start];
      }
      case 'S' -> {
        at += Short.BYTES;
        yield BigEndian.shortAt(bytes, start);
      }
      case 'C' -> {
        at += Character.BYTES;
        yield BigEndian.charAt(bytes, start);
      }
      case 'I' -> {
        at += Integer.BYTES;
        yield BigEndian.intAt(bytes, start);
      }
      case 'J' -> {
        at += Long.BYTES;
        yield BigEndian.longAt(bytes, start);
      }
      case 'F' -> {
        at += Float.BYTES;
        yield Float.intBitsToFloat(BigEndian.intAt(bytes, start));
      }
      case 'D' -> {
        at += Double.BYTES;
        yield Double.longBitsToDouble(BigEndian.longAt(bytes, start));
      }
      case CompactClass.OBJECT -> readValue(depth + 1);
      default -> throw damaged("no component is of kind " + kind);
    };
  }

  private static @Nullable Object defaultOf(byte kind) {
    return switch (kind) {
      case 'Z' -> false;
      case 'B' -> (byte) 0;
      case 'S' -> (short) 0;
      case 'C' -> '\0';
      case 'I' -> 0;
      case 'J' -> 0L;
      case 'F' -> 0F;
      case 'D' -> 0D;
      default -> null;
    };
  }

  private Source readClass() {
    int index = readByte();
    if (index < sourceCount) {
      return sources[index];
    }
    if (index > sourceCount || index == CompactWriter.MAX_CLASSES) {
      throw damaged("class " + index + " is missing");
    }
    int start = at;
    int size = readShort();
    int end = at + size;
    if (end > bytes.length) {
      throw damaged("a class is cut off");
    }
    Class<?> known = form.known(bytes, start, end);
    Source source;
    if (known == null) {
      source = readHeader(start, end);
    } else {
      source = new Source(known, formOf(known), /* written= */ null, new int[0]);
    }
    at = end;
    if (sourceCount == sources.length) {
      sources = Arrays.copyOf(sources, 2 * sourceCount);
    }
    sources[sourceCount++] = source;
    return source;
  }

  private CompactClass formOf(Class<?> type) {
    CompactClass found = CompactClass.of(type);
    if (found == null) {
      throw damaged(type.getName() + " is no record or enum that is written in this form");
    }
    return found;
  }

  /** Reads the header of a class that this codec has not read before, or that has changed. */
  private Source readHeader(int start, int end) {
    String name = readName(readShort(), end);
    Class<?> type = form.find(name);
    CompactClass found = formOf(type);
    if (Arrays.equals(bytes, start, end, found.header(), 0, found.header().length)) {
      form.remember(type, found.header());
      return new Source(type, found, /* written= */ null, new int[0]);
    }
    byte[] written = new byte[end - at];
    int[] targets = new int[end - at];
    int count = 0;
    while (at < end) {
      byte kind = bytes[at++];
      int target = found.indexOf(readName(readByte(), end));
      if (target >= 0 && found.kinds()[target] != kind) {
        throw damaged(
            "component "
                + found.fields()[target].getName()
                + " of "
                + type.getName()
                + " has another type now");
      }
      written[count] = kind;
      targets[count] = target;
      count++;
    }
    return new Source(type, found, Arrays.copyOf(written, count), Arrays.copyOf(targets, count));
  }

  private String readName(int length, int end) {
    if (length > end - at) {
      throw damaged("a name is cut off");
    }
    String name = Utf8.decode(bytes, at, at + length);
    at += length;
    return name;
  }

  /** Reads a number of bytes or elements, of which each takes a byte at least. */
  private int readLength() {
    int length = readByte();
    if (length == PlainForm.LONG_FORM) {
      length = BigEndian.intAt(bytes, at);
      at += Integer.BYTES;
    }
    if (length < 0 || length > bytes.length - at) {
      throw damaged("they are cut off");
    }
    return length;
  }

  private int readByte() {
    return Byte.toUnsignedInt(bytes[at++]);
  }

  private int readShort() {
    int number = Short.toUnsignedInt(BigEndian.shortAt(bytes, at));
    at += Short.BYTES;
    return number;
  }

  private CodecException damaged(String what) {
    return PlainForm.damaged(bytes, what, null);
  }
}
