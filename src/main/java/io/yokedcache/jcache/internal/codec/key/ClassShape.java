package io.yokedcache.jcache.internal.codec.key;

import io.yokedcache.jcache.internal.codec.serial.AllowedClasses;
import io.yokedcache.jcache.internal.codec.serial.JavaStreams;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/** The parts of the objects of one class, and the way to create an object from them. Immutable. */
sealed interface ClassShape permits RecordShape, ValueShape, ClassShape.Shapeless {

  /** The reason why the class has no canonical form, or {@code null} if it has one. */
  @Nullable String obstacle();

  /** The prefix of the form of every object of this class. */
  String header();

  /** The declared types of the parts. */
  List<Class<?>> partTypes();

  /** The parts of an object, in an order that is the same in every JVM. */
  @Nullable Object[] partsOf(Object object);

  /** Creates an object from its parts. */
  Object create(@Nullable Object[] parts, JavaStreams streams);

  /** The shape of a class. */
  static ClassShape of(Class<?> type) {
    return AllowedClasses.isPlatformClass(type) || Proxy.isProxyClass(type)
        ? new Shapeless("it is a class of the JDK that this codec does not know")
        : ShapeCache.of(type);
  }

  /**
   * The header of a class: its name and a checksum of its fields. When the fields change, the keys
   * change, so an old key is never read as a new one.
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
   * @param obstacle the reason, for messages
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
