package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.internal.codec.serial.AllowedClasses;
import io.yokedcache.jcache.internal.codec.serial.JavaStreams;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** How the objects of one class are taken apart and put together again. Immutable. */
sealed interface ClassShape permits RecordShape, ValueShape, ClassShape.Shapeless {

  /** What hinders a canonical form, or {@code null} if there is one. */
  @Nullable String obstacle();

  /** What the form of every object of this class begins with. */
  String header();

  /** The declared types of the parts. */
  List<Class<?>> partTypes();

  /** The parts of an object, in an order that is the same in every JVM. */
  @Nullable Object[] partsOf(Object object);

  /** A new object of these parts. */
  Object create(@Nullable Object[] parts, JavaStreams streams);

  /** The shape of a class. */
  static ClassShape of(Class<?> type) {
    return AllowedClasses.isPlatformClass(type) || Proxy.isProxyClass(type)
        ? new Shapeless("it is a class of the JDK that this codec does not know")
        : ShapeCache.of(type);
  }

  /**
   * The header of a class: its name and a checksum of its fields. A class that changed has other
   * keys than before, and is never confused with its former self.
   */
  static String header(char tag, Class<?> type, String fields) {
    CRC32 checksum = new CRC32();
    checksum.update(fields.getBytes(StandardCharsets.UTF_8));
    String digits = HexFormat.of().toHexDigits(checksum.getValue(), 2 * Integer.BYTES);
    return "#" + tag + type.getName() + "@" + digits + ";";
  }

  /**
   * A class without canonical form.
   *
   * @param obstacle what hinders it
   */
  record Shapeless(String obstacle) implements ClassShape {

    @Override
    public String header() {
      return "";
    }

    @Override
    public List<Class<?>> partTypes() {
      return List.of();
    }

    @Override
    public @Nullable Object[] partsOf(Object object) {
      throw new IllegalStateException(object.getClass() + " has no canonical form: " + obstacle);
    }

    @Override
    public Object create(@Nullable Object[] parts, JavaStreams streams) {
      throw new IllegalStateException("There is no canonical form: " + obstacle);
    }
  }
}
