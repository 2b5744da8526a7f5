package io.yokedcache.jcache.codec;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.yokedcache.jcache.codec.CodecException.Reason;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.util.List;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamWriteConstraints;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.exc.StreamReadException;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JacksonModule;
import tools.jackson.databind.JavaType;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.exc.InvalidDefinitionException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.jsontype.BasicPolymorphicTypeValidator;
import tools.jackson.databind.type.TypeFactory;

/**
 * Encodes values as JSON in UTF-8, which clients in other languages can read and write. It needs
 * {@code tools.jackson.core:jackson-databind} 3.1 or newer on the class path.
 *
 * <p>The settings choose it as {@code value-codec = "json"}. Generic types are given in the
 * settings as {@code value-type = "java.util.List<com.acme.Order>"}, or in code by a subclass that
 * names the type:
 *
 * <pre>{@code
 * configuration.setValueCodec(new JsonCodec<List<Order>>() {});
 * }</pre>
 *
 * <p>The declared type alone decides which classes are built: the data cannot name a class.
 * Subclasses need {@code @JsonTypeInfo(use = NAME)} with their names on the declared type, else
 * they are refused when they are put, since they could not be read back. Dates and times of {@code
 * java.time} are text in the form of ISO 8601.
 *
 * <p>The JSON must have exactly the properties of the class. After a class has got or lost a
 * property, older values cannot be decoded: the cache counts them and has no entry for them.
 * {@code @JsonIgnoreProperties(ignoreUnknown = true)} on a class accepts unknown ones.
 *
 * <p>JSON is not canonical, so it cannot encode keys. Safe for use by several threads.
 *
 * @param <T> the type of the values
 */
public class JsonCodec<T> implements Codec<T> {

  private static final int MAX_DEPTH = 64;

  /** The package of a module that does not work beside one that creates objects. */
  private static final String ALONE = "tools.jackson.module.blackbird.";

  private final JavaType type;
  private final ObjectReader reader;
  private final ObjectWriter writer;

  /**
   * Creates a codec for the type that a subclass names, which may be generic.
   *
   * @throws IllegalStateException if the class does not name a type
   */
  protected JsonCodec() {
    JsonMapper mapper = mapperBuilder(getClass().getClassLoader(), MAX_DEPTH).build();
    this.type = mapper.constructType(typeArgument());
    this.reader = mapper.readerFor(type);
    this.writer = mapper.writerFor(type);
  }

  /**
   * Creates a codec for a class.
   *
   * @param type the class of the values
   */
  public JsonCodec(Class<T> type) {
    this(mapperBuilder(type.getClassLoader(), MAX_DEPTH).build(), type);
  }

  /**
   * Creates a codec with a mapper of the application, for instance with modules or mix-ins.
   *
   * @param mapper reads and writes the values, and decides about unknown properties, limits and
   *     types that the data names; {@link #mapperBuilder} returns one to begin with
   * @param type the type of the values, a class or for instance {@code new
   *     TypeReference<List<Order>>() {}.getType()}
   */
  public JsonCodec(JsonMapper mapper, Type type) {
    this.type = mapper.constructType(type);
    this.reader = mapper.readerFor(this.type);
    this.writer = mapper.writerFor(this.type);
  }

  /**
   * Returns a builder of mappers with the rules of this class: data names no classes, properties
   * are those of the class, nothing follows the value. The builder has the modules of Jackson that
   * are on the class path, such as Kotlin's, except Blackbird, and one that creates objects with
   * properties faster and changes nothing else; {@code removeAllModules()} removes them for a
   * module that needs Jackson's own way, such as Blackbird.
   *
   * @param loader finds the classes of type names; {@code null} for the context loader
   * @param maxDepth the greatest nesting of objects and arrays, in levels
   * @return a new builder
   */
  public static JsonMapper.Builder mapperBuilder(@Nullable ClassLoader loader, int maxDepth) {
    JsonFactory factory =
        JsonFactory.builder()
            .recyclerPool(BufferSlots.SHARED)
            .streamReadConstraints(
                StreamReadConstraints.builder().maxNestingDepth(maxDepth).build())
            .streamWriteConstraints(
                StreamWriteConstraints.builder().maxNestingDepth(maxDepth).build())
            .build();
    TypeFactory types = TypeFactory.createDefaultInstance();
    return JsonMapper.builder(factory)
        .addModule(new PreparedCreators())
        .addModules(foundModules()) // The last one creates objects first: Kotlin's requires it.
        .typeFactory(loader == null ? types : types.withClassLoader(loader))
        // It allows nothing: names of classes in the data are refused.
        .polymorphicTypeValidator(BasicPolymorphicTypeValidator.builder().build())
        .enable(
            DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
            DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES,
            DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
            DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  }

  /**
   * The modules beside Jackson, so that they extend its classes and not those of another loader.
   */
  private static List<JacksonModule> foundModules() {
    return ServiceLoader.load(JacksonModule.class, JacksonModule.class.getClassLoader()).stream()
        .filter(module -> !module.type().getName().startsWith(ALONE))
        .map(ServiceLoader.Provider::get)
        .toList();
  }

  private Type typeArgument() {
    if (getClass().getSuperclass() == JsonCodec.class
        && getClass().getGenericSuperclass() instanceof ParameterizedType parameterized) {
      return parameterized.getActualTypeArguments()[0];
    }
    throw new IllegalStateException(
        getClass().getName()
            + " does not name the type of its values; write extends JsonCodec<List<Order>> or call"
            + " a constructor that takes the type");
  }

  /**
   * Returns the name of this codec.
   *
   * @return {@code json}
   */
  @Override
  public String id() {
    return "json";
  }

  /**
   * Encodes a value.
   *
   * @param value the value
   * @return its JSON in UTF-8
   * @throws CodecException if the value is not of exactly the declared class and JSON does not tell
   *     its class, or cannot be written; the message names the class
   */
  @Override
  public byte[] encode(T value) {
    Class<?> declared = type.getRawClass();
    if (value.getClass() != declared && isConcrete(declared)) {
      throw new CodecException(
          Reason.WRONG_TYPE,
          "An object of "
              + value.getClass()
              + " could not be read back from JSON, which would give an object of the declared "
              + declared
              + ". Declare the cache for its class, or annotate the declared class with"
              + " @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)",
          /* cause= */ null);
    }
    try {
      return writer.writeValueAsBytes(value);
    } catch (JacksonException e) {
      throw new CodecException(
          reason(e),
          "An object of " + value.getClass() + " cannot be written as JSON: " + describe(e),
          e);
    }
  }

  /** Whether objects of the class, and no others, are built from its JSON. */
  private static boolean isConcrete(Class<?> declared) {
    return !declared.isInterface()
        && !Modifier.isAbstract(declared.getModifiers())
        && declared != Object.class
        && !declared.isAnnotationPresent(JsonTypeInfo.class);
  }

  /**
   * Decodes a value.
   *
   * @param bytes the JSON in UTF-8
   * @return the value
   * @throws CodecException if the bytes are no JSON, have other properties than the declared type,
   *     or exceed a limit; the message does not contain them
   */
  @Override
  public T decode(byte[] bytes) {
    T value;
    try {
      value = reader.readValue(bytes);
    } catch (JacksonException e) {
      throw new CodecException(
          reason(e), "No JSON of " + type.toCanonical() + ": " + describe(e), e);
    }
    if (value == null) {
      throw new CodecException("No JSON of " + type.toCanonical() + ": null", /* cause= */ null);
    }
    return value;
  }

  private static Reason reason(JacksonException failure) {
    if (failure instanceof StreamConstraintsException) {
      return Reason.LIMIT;
    }
    return failure instanceof StreamReadException ? Reason.DAMAGED : Reason.WRONG_TYPE;
  }

  /** Where it failed and how. Jackson's message may have parts of the value, which is not told. */
  private static String describe(JacksonException failure) {
    String path = failure.getPathReference();
    return failure.getClass().getSimpleName()
        + (path == null || path.isEmpty() ? "" : " at " + path)
        + (failure instanceof InvalidDefinitionException undefined
            ? ". Jackson has no rule for "
                + (undefined.getType() == null ? "its class" : undefined.getType().toCanonical())
                + ": give it a constructor with @JsonCreator, or add Jackson's module for it to the"
                + " class path, such as jackson-module-kotlin"
            : "");
  }
}
