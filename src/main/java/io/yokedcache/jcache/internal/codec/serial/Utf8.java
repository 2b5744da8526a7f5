package io.yokedcache.jcache.internal.codec.serial;

import io.yokedcache.jcache.codec.CodecException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Strict UTF-8: text that cannot be represented is an error and never a question mark. */
public final class Utf8 {

  private static final char REPLACEMENT = '\uFFFD';

  private Utf8() {}

  /** Returns whether all surrogates of the text are paired, so that the text has a UTF-8 form. */
  public static boolean isWellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        boolean paired =
            Character.isHighSurrogate(c)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!paired) {
          return false;
        }
        i++;
      }
    }
    return true;
  }

  /** The text of {@code bytes[from, to)}. */
  public static String decode(byte[] bytes, int from, int to) {
    String text = new String(bytes, from, to - from, StandardCharsets.UTF_8);
    // The lenient decoder is faster. Only a text with a replacement character, which can be
    // genuine, is decoded again.
    return text.indexOf(REPLACEMENT) < 0 ? text : decodeStrictly(bytes, from, to);
  }

  private static String decodeStrictly(byte[] bytes, int from, int to) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes, from, to - from))
          .toString();
    } catch (CharacterCodingException e) {
      throw new CodecException(
          "These "
              + (to - from)
              + " bytes are not UTF-8 text: they were written by another codec or are damaged",
          e);
    }
  }
}
