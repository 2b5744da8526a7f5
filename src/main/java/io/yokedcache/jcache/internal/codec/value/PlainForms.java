package io.yokedcache.jcache.internal.codec.value;

import io.yokedcache.jcache.codec.CodecException;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The forms of the classes that the codec {@code auto} does not serialise. Numbers follow the tag,
 * most significant byte first.
 *
 * <pre>
 * Z B S C I L F D   the boxed types, as in descriptors of the class file: 1, 1, 2, 2, 4, 8, 4, 8
 * U                 UUID: 16
 * i p t             Instant, Duration, LocalDateTime: seconds (8), nanoseconds (4)
 * d                 LocalDate: year (4), month (1), day (1)
 * s u x             String: length, Latin-1, UTF-8 or UTF-16
 * b                 byte[]: length, bytes
 * G M               BigInteger, BigDecimal: length, scale (4, only M), two's complement
 * length            one byte, or 255 and four bytes if it is 255 or more
 * </pre>
 *
 * <p>No tag is 0xAC, the first byte of every serialised object, and no tag is above 0x7F.
 */
public final class PlainForms {

  private static final Map<Class<?>, PlainForm<?>> BY_CLASS =
      all().collect(Collectors.toUnmodifiableMap(PlainForm::type, Function.identity()));

  private static final @Nullable PlainForm<?>[] BY_TAG = byTag();

  private PlainForms() {}

  private static Stream<PlainForm<?>> all() {
    return Stream.of(FixedForms.all(), SizedForms.all(), Stream.of(new PlainText()))
        .flatMap(forms -> forms);
  }

  private static @Nullable PlainForm<?>[] byTag() {
    @Nullable PlainForm<?>[] forms = new PlainForm<?>[Byte.MAX_VALUE + 1];
    for (PlainForm<?> form : BY_CLASS.values()) {
      for (char tag : form.tags().toCharArray()) {
        forms[tag] = form;
      }
    }
    return forms;
  }

  /** Returns the form of exactly this class, or {@code null} if its objects are serialised. */
  @SuppressWarnings("unchecked") // The map holds each form under its class.
  public static <T> @Nullable PlainForm<T> of(Class<T> type) {
    return (PlainForm<T>) BY_CLASS.get(type);
  }

  /** Returns the form with this tag, or {@code null} if there is none. */
  static @Nullable PlainForm<?> ofTag(byte tag) {
    return tag < 0 ? null : BY_TAG[tag];
  }

  static CodecException damaged(byte[] bytes, String what, @Nullable Throwable cause) {
    return new CodecException(
        "These "
            + bytes.length
            + " bytes are damaged, or were written by another codec than auto: "
            + what,
        cause);
  }
}
