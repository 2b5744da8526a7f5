package io.yokedcache.jcache.internal.codec.serial;

import static java.io.ObjectStreamConstants.SC_BLOCK_DATA;
import static java.io.ObjectStreamConstants.SC_EXTERNALIZABLE;
import static java.io.ObjectStreamConstants.SC_SERIALIZABLE;
import static java.io.ObjectStreamConstants.SC_WRITE_METHOD;
import static java.io.ObjectStreamConstants.STREAM_MAGIC;
import static java.io.ObjectStreamConstants.STREAM_VERSION;
import static java.io.ObjectStreamConstants.TC_ARRAY;
import static java.io.ObjectStreamConstants.TC_BLOCKDATA;
import static java.io.ObjectStreamConstants.TC_BLOCKDATALONG;
import static java.io.ObjectStreamConstants.TC_CLASS;
import static java.io.ObjectStreamConstants.TC_CLASSDESC;
import static java.io.ObjectStreamConstants.TC_ENDBLOCKDATA;
import static java.io.ObjectStreamConstants.TC_ENUM;
import static java.io.ObjectStreamConstants.TC_LONGSTRING;
import static java.io.ObjectStreamConstants.TC_NULL;
import static java.io.ObjectStreamConstants.TC_OBJECT;
import static java.io.ObjectStreamConstants.TC_PROXYCLASSDESC;
import static java.io.ObjectStreamConstants.TC_REFERENCE;
import static java.io.ObjectStreamConstants.TC_STRING;
import static java.io.ObjectStreamConstants.baseWireHandle;

import io.yokedcache.jcache.codec.CodecException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Scans a serialised stream by its grammar alone (Java Object Serialization Specification, 6): no
 * class is loaded and no object is created. The scan finds the classes that the stream names and
 * the work of reading it. The same code scans values that are written and values that are read, so
 * that the same limits apply to both. The scan takes time linear in the bytes. Not safe for use by
 * several threads.
 *
 * <p>A shared object is written once but hashed at each reference: 31 nested sets with two
 * references each to the next set are hashed two thousand million times. Each object therefore has
 * a weight, the number of objects in the unfolded graph below it.
 *
 * <p>A hash table orders keys with equal hash codes if they are {@code Comparable} to their class.
 * It compares all other keys in pairs, so the product of their number and their weight is limited.
 */
public final class StreamScan {

  private static final long SATURATED = Long.MAX_VALUE / 4;

  /** The most alternatives that are tried if the grammar depends on code of the class. */
  private static final int MAX_ALTERNATIVES = 64;

  /** The number of bytes of two keys that are compared in the time of one object. */
  private static final int BYTES_PER_OBJECT = 64;

  /** The Externalizable by which all types of java.time are written, with a byte for the type. */
  private static final String TIMES = "java.time.Ser";

  /** The kinds of the objects whose keys a hash table orders, by class name. */
  private static final Map<String, Ordered> ORDERED =
      JdkTypes.HASH_ORDERED.stream()
          .map(Class::getName)
          .collect(Collectors.toUnmodifiableMap(name -> name, Ordered::new));

  private static final Ordered TEXT = new Ordered("java.lang.String");

  // The types that java.time.Ser writes and that are not Comparable to their class.
  private static final int LOCAL_DATE = 3;
  private static final int LOCAL_DATE_TIME = 5;
  private static final int ZONED_DATE_TIME = 6;
  private static final int ZONE_REGION = 7;
  private static final int PERIOD = 14;

  private static final Set<Integer> UNORDERED_TIMES =
      Set.of(LOCAL_DATE, LOCAL_DATE_TIME, ZONED_DATE_TIME, ZONE_REGION, PERIOD);

  /** The Serializable by which the immutable collections are written, with an int for the type. */
  private static final String IMMUTABLE_COLLECTIONS = "java.util.CollSer";

  // Types that java.util.CollSer writes.
  private static final int IMMUTABLE_SET = 2;
  private static final int IMMUTABLE_MAP = 3;

  /** The tag and the length of block data of at most 255 bytes. */
  private static final int BLOCK_HEADER_BYTES = 2;

  /** The JVM allows no class with more interfaces. */
  private static final int MAX_INTERFACES = 0xFFFF;

  private final byte[] bytes;
  private final ScanLimits limits;
  private final Set<String> withoutFields;
  private final boolean isOwn;
  private Set<String> foundWithoutFields = Set.of();
  private final List<String> classNames = new ArrayList<>(6);
  private final List<List<String>> proxies = new ArrayList<>(0);
  private int at;
  private int depth;
  private int alternatives;

  /** The kinds of the objects that have handles; {@code null} for a time that is not ordered. */
  private @Nullable Kind[] handles = new @Nullable Kind[16];

  private long[] weights = new long[16];

  /** Whether an object is still being read; a reference to it is a cycle. */
  private boolean[] isOpen = new boolean[16];

  private int handleCount;

  /** The kind of the last time that was read, or {@code null} if it is not ordered. */
  private @Nullable Kind timeKind;

  /** The kind of the last content, as a key of a hash table. */
  private @Nullable Kind lastKind;

  private long references;
  private int deepest;
  private long longestArray;
  private long heaviest;
  private long comparisons;
  private long longestNumber;

  /**
   * Creates the scan of a stream.
   *
   * @param limits the limits that end the scan
   * @param withoutFields classes that have fields but do not write them
   * @param isOwn whether this JVM wrote the stream; the scan then adds classes to withoutFields
   */
  public StreamScan(byte[] bytes, ScanLimits limits, Set<String> withoutFields, boolean isOwn) {
    this.bytes = bytes;
    this.limits = limits;
    this.withoutFields = withoutFields;
    this.isOwn = isOwn;
  }

  /**
   * Scans the object of the stream.
   *
   * @throws CodecException if the bytes are not a serialised stream, or if a limit is exceeded
   */
  public void run() {
    try {
      if (shortInt() != (STREAM_MAGIC & 0xFFFF) || shortInt() != STREAM_VERSION) {
        throw new Malformed("it has no header");
      }
      content();
    } catch (Malformed | IndexOutOfBoundsException e) {
      throw new CodecException(
          "These "
              + bytes.length
              + " bytes cannot be read as a serialised Java object: "
              + e.getMessage(),
          e);
    }
  }

  /**
   * Returns the names of the classes that the stream describes; arrays count by their element
   * types.
   */
  List<String> classNames() {
    return classNames;
  }

  /** The lists of interfaces of the proxies. */
  List<List<String>> proxies() {
    return proxies;
  }

  /** Returns the number of objects that the stream holds or refers to. */
  long references() {
    return references;
  }

  /** Refuses a size that exceeds a limit. */
  void check(ScanLimits limits) {
    limits.checkDepth(deepest);
    limits.checkReferences(references);
    limits.checkArray(longestArray);
    limits.checkWeight(heaviest);
    limits.checkComparisons(comparisons);
    limits.checkNumber(longestNumber);
  }

  /** Scans one object, null or reference, and returns its weight. */
  private long content() {
    references++;
    limits.checkReferences(references);
    depth++;
    try {
      int tag = next();
      lastKind = null;
      return switch (tag) {
        case TC_NULL -> plain();
        case TC_REFERENCE -> reference();
        case TC_STRING -> string(shortInt());
        case TC_LONGSTRING -> string(longInt());
        case TC_OBJECT -> object();
        case TC_ARRAY -> array();
        case TC_ENUM -> constant();
        case TC_CLASS -> {
          description();
          handle(Identity.KEY);
          yield plain();
        }
        case TC_CLASSDESC, TC_PROXYCLASSDESC -> {
          at--;
          description();
          yield plain();
        }
        default -> throw new Malformed("no object begins with " + tag);
      };
    } finally {
      depth--;
    }
  }

  private long plain() {
    lastKind = Identity.KEY;
    return 1;
  }

  private long string(long length) {
    skip(length);
    handle(TEXT);
    lastKind = TEXT;
    return 1;
  }

  private long reference() {
    atDepth(depth);
    int handle = handleNumber();
    lastKind = handles[handle];
    // A cycle cannot be hashed, but the elements that a collection has so far can be.
    return isOpen[handle] && !isCollection(lastKind) ? 1 : weights[handle];
  }

  private static boolean isCollection(@Nullable Kind kind) {
    return kind instanceof Description open && open.name.startsWith("java.util.");
  }

  private int handleNumber() {
    int handle = integer() - baseWireHandle;
    if (handle < 0 || handle >= handleCount) {
      throw new Malformed("it refers to an object that it has not");
    }
    return handle;
  }

  private int handle(@Nullable Kind kind) {
    if (handleCount == weights.length) {
      int more = 2 * handleCount;
      handles = Arrays.copyOf(handles, more);
      weights = Arrays.copyOf(weights, more);
      isOpen = Arrays.copyOf(isOpen, more);
    }
    handles[handleCount] = kind;
    weights[handleCount] = 1;
    isOpen[handleCount] = false;
    return handleCount++;
  }

  private void add(int handle, long weight) {
    long sum = Math.min(SATURATED, weights[handle] + weight);
    weights[handle] = sum;
    if (sum > heaviest) {
      heaviest = sum;
      limits.checkWeight(sum);
    }
  }

  private long constant() {
    atDepth(depth);
    description();
    int handle = handle(Identity.KEY);
    text("the name of a constant");
    lastKind = Identity.KEY;
    return weights[handle];
  }

  private long array() {
    atDepth(depth);
    Description type = required(description());
    int length = integer();
    if (type.name.length() < 2 || type.name.charAt(0) != '[') {
      throw new Malformed("an array has a class that is none");
    }
    int size = sizeOf(type.name.charAt(1));
    if (length < 0 || (long) length * Math.max(1, size) > bytes.length - at) {
      throw new CodecException(
          "The value is damaged: its arrays claim more elements than it has bytes", null);
    }
    longestArray = Math.max(longestArray, length);
    limits.checkArray(length);
    boolean isLong = size == Byte.BYTES && length > ScanLimits.MAX_NUMBER_BYTES;
    int handle = handle(isLong ? new LongArray(length) : Identity.KEY);
    if (size > 0) {
      skip((long) length * size);
    } else {
      isOpen[handle] = true;
      for (int i = 0; i < length; i++) {
        add(handle, content());
      }
      isOpen[handle] = false;
    }
    lastKind = handles[handle];
    return weights[handle];
  }

  private long object() {
    atDepth(depth);
    Description type = required(description());
    int handle = handle(type);
    isOpen[handle] = true;
    Kind kind = ofClass(handle, type) ? timeKind : type.kindOfObjects();
    isOpen[handle] = false;
    // The class determines the kind; a collection remains a collection.
    handles[handle] = kind;
    lastKind = kind;
    return weights[handle];
  }

  /**
   * Scans the data of an object's classes, superclass first; of an Externalizable only its own
   * data.
   *
   * @return whether the object is a time; its kind is in {@link #timeKind}
   */
  private boolean ofClass(int handle, Description type) {
    if (type.superclass != null && !type.is(SC_EXTERNALIZABLE)) {
      ofClass(handle, type.superclass);
    }
    boolean isTime = false;
    if (type.is(SC_EXTERNALIZABLE)) {
      if (!type.is(SC_BLOCK_DATA)) {
        throw new Malformed("an Externalizable of the first version of the protocol");
      }
      int content = at + BLOCK_HEADER_BYTES;
      if (type.name.equals(TIMES) && peek() == TC_BLOCKDATA && content < bytes.length) {
        int time = bytes[content];
        isTime = true;
        timeKind = UNORDERED_TIMES.contains(time) ? null : new Ordered(TIMES + time);
      }
      Kind kind = timeKind;
      annotations(handle, /* table= */ null, type);
      timeKind = kind;
    } else if (type.is(SC_SERIALIZABLE)) {
      serializable(handle, type);
    } else if (type.primitiveBytes + type.objectFields > 0) {
      throw new Malformed("a class is neither Serializable nor Externalizable");
    }
    return isTime;
  }

  /** Scans the data of one class of an object. */
  private void serializable(int handle, Description type) {
    boolean hasFields = type.primitiveBytes + type.objectFields > 0;
    if (!type.is(SC_WRITE_METHOD)) {
      fields(handle, type);
    } else if (!hasFields || type.isOfJdk()) {
      fieldsAndAnnotations(handle, type);
    } else if (withoutFields.contains(type.name) || foundWithoutFields.contains(type.name)) {
      annotations(handle, HashTable.of(type, /* collection= */ 0), type);
    } else {
      int start = at;
      int handlesBefore = handleCount;
      long weight = weights[handle];
      int depthBefore = depth;
      try {
        fieldsAndAnnotations(handle, type);
      } catch (Malformed | IndexOutOfBoundsException e) {
        // Only the code of writeObject tells whether it calls defaultWriteObject, so both
        // alternatives are tried. Work of the wrong alternative remains counted.
        if (++alternatives > MAX_ALTERNATIVES) {
          throw e;
        }
        at = start;
        handleCount = handlesBefore;
        weights[handle] = weight;
        depth = depthBefore;
        if (foundWithoutFields.isEmpty()) {
          foundWithoutFields = new HashSet<>();
        }
        foundWithoutFields.add(type.name);
        annotations(handle, HashTable.of(type, /* collection= */ 0), type);
        if (isOwn && withoutFields.size() < LearnedTypes.MAX_TYPES) {
          withoutFields.add(type.name);
        }
      }
    }
  }

  private void fieldsAndAnnotations(int handle, Description type) {
    int start = at;
    fields(handle, type);
    // The only field of java.util.CollSer. The last byte has its type.
    int collection = type.primitiveBytes == Integer.BYTES ? bytes[start + Integer.BYTES - 1] : 0;
    annotations(handle, HashTable.of(type, collection), type);
  }

  private void fields(int handle, Description type) {
    skip(type.primitiveBytes);
    boolean isNumber = type.name.equals("java.math.BigInteger");
    for (int i = 0; i < type.objectFields; i++) {
      add(handle, content());
      if (isNumber && lastKind instanceof LongArray digits) {
        longestNumber = Math.max(longestNumber, digits.length);
        limits.checkNumber(digits.length);
      }
    }
  }

  /** Scans the data of writeObject or writeExternal up to the end mark. */
  private void annotations(int handle, @Nullable HashTable table, Description type) {
    if (!type.is(SC_WRITE_METHOD) && !type.is(SC_EXTERNALIZABLE)) {
      return;
    }
    while (skipBlocks()) {
      int start = at;
      long weight = content();
      add(handle, weight);
      if (table != null) {
        table.add(lastKind, weight, at - start);
      }
    }
    if (table != null) {
      comparisons = Math.min(SATURATED, comparisons + table.comparisons());
      limits.checkComparisons(comparisons);
    }
  }

  /**
   * Skips block data and the end mark.
   *
   * @return whether an object follows; false after the end mark
   */
  private boolean skipBlocks() {
    while (true) {
      switch (peek()) {
        case TC_BLOCKDATA -> {
          at++;
          skip(next());
        }
        case TC_BLOCKDATALONG -> {
          at++;
          skip(integer());
        }
        case TC_ENDBLOCKDATA -> {
          at++;
          return false;
        }
        default -> {
          return true;
        }
      }
    }
  }

  private static Description required(@Nullable Description type) {
    if (type == null) {
      throw new Malformed("an object has no class");
    }
    return type;
  }

  /** Scans a description of a class, a reference to one, or null. */
  private @Nullable Description description() {
    int tag = next();
    return switch (tag) {
      case TC_NULL -> null;
      case TC_REFERENCE -> {
        int handle = handleNumber();
        if (handles[handle] instanceof Description type && !isOpen[handle] && type.isComplete) {
          yield type;
        }
        throw new Malformed("it refers to a class that it does not describe");
      }
      case TC_CLASSDESC -> newClass();
      case TC_PROXYCLASSDESC -> newProxy();
      default -> throw new Malformed("no class begins with " + tag);
    };
  }

  private Description newClass() {
    countClass();
    String name = name();
    skip(Long.BYTES);
    classNames.add(elementName(name));
    Description type = new Description(name);
    handle(type);
    type.flags = next();
    int count = shortInt();
    boolean objects = false;
    for (int i = 0; i < count; i++) {
      char code = (char) next();
      skip(shortInt());
      if (code == 'L' || code == '[') {
        objects = true;
        type.objectFields++;
        text("the type of a field");
      } else if (objects || sizeOf(code) == 0) {
        throw new Malformed("the fields of a class have no order");
      } else {
        type.primitiveBytes += sizeOf(code);
      }
    }
    endOfClass(type);
    return type;
  }

  /** Scans a text or a reference to one. */
  private void text(String meaning) {
    switch (next()) {
      case TC_STRING -> string(shortInt());
      case TC_LONGSTRING -> string(longInt());
      case TC_REFERENCE -> handleNumber();
      default -> throw new Malformed(meaning + " is no text");
    }
  }

  private Description newProxy() {
    countClass();
    Description type = new Description("java.lang.reflect.Proxy");
    type.flags = SC_SERIALIZABLE;
    handle(type);
    int count = integer();
    if (count < 0 || count > MAX_INTERFACES) {
      throw new Malformed("a proxy has " + count + " interfaces");
    }
    List<String> interfaces = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      interfaces.add(name());
    }
    proxies.add(interfaces);
    endOfClass(type);
    return type;
  }

  private void countClass() {
    references++;
    limits.checkReferences(references);
    atDepth(depth);
  }

  private void endOfClass(Description type) {
    while (skipBlocks()) {
      long weight = content();
      if (weight > heaviest) {
        heaviest = weight;
        limits.checkWeight(weight);
      }
    }
    depth++;
    type.superclass = description();
    depth--;
    for (Description each = type.superclass; each != null; each = each.superclass) {
      if (each == type) {
        throw new Malformed("a class is above itself");
      }
    }
    type.isComplete = true;
  }

  private void atDepth(int reached) {
    if (reached > deepest) {
      deepest = reached;
      limits.checkDepth(reached);
    }
  }

  private static String elementName(String name) {
    int dimensions = 0;
    while (dimensions < name.length() && name.charAt(dimensions) == '[') {
      dimensions++;
    }
    if (dimensions == 0) {
      return name;
    }
    boolean isObject =
        dimensions < name.length() && name.charAt(dimensions) == 'L' && name.endsWith(";");
    return isObject ? name.substring(dimensions + 1, name.length() - 1) : "int";
  }

  /** Returns the size of a primitive type in bytes, or 0 for other types. */
  private static int sizeOf(char code) {
    return switch (code) {
      case 'Z', 'B' -> 1;
      case 'C', 'S' -> Short.BYTES;
      case 'I', 'F' -> Integer.BYTES;
      case 'J', 'D' -> Long.BYTES;
      default -> 0;
    };
  }

  private int peek() {
    return bytes[at];
  }

  private int next() {
    return bytes[at++] & 0xFF;
  }

  private int shortInt() {
    int value = BigEndian.shortAt(bytes, at) & 0xFFFF;
    at += Short.BYTES;
    return value;
  }

  private int integer() {
    int value = BigEndian.intAt(bytes, at);
    at += Integer.BYTES;
    return value;
  }

  private long longInt() {
    long value = BigEndian.longAt(bytes, at);
    at += Long.BYTES;
    return value;
  }

  private String name() {
    int length = shortInt();
    int start = at;
    skip(length);
    return new String(bytes, start, length, StandardCharsets.UTF_8);
  }

  private void skip(long count) {
    if (count < 0 || count > bytes.length - at) {
      throw new Malformed("it ends too early");
    }
    at += (int) count;
  }

  /** Thrown if the bytes do not follow the grammar. It has no stack trace. */
  private static final class Malformed extends RuntimeException {

    private static final long serialVersionUID = 1L;

    Malformed(String message) {
      super(message, null, /* enableSuppression= */ false, /* writableStackTrace= */ false);
    }
  }

  /**
   * The kind of an object, as a key of a hash table. A {@link Description} is the kind of objects
   * that a hash table compares in pairs.
   */
  private sealed interface Kind {}

  /** Objects that a hash table orders if all have this kind. */
  private record Ordered(String name) implements Kind {}

  /** An array of bytes that may be the digits of a long number. */
  private record LongArray(int length) implements Kind {}

  /** Objects that are never compared, or whose hash code cannot be chosen. */
  private enum Identity implements Kind {
    KEY
  }

  /** A class as the stream describes it. */
  private static final class Description implements Kind {

    private final String name;
    private int flags;
    private int primitiveBytes;
    private int objectFields;
    private boolean isComplete;
    private @Nullable Description superclass;

    Description(String name) {
      this.name = name;
    }

    boolean is(int flag) {
      return (flags & flag) != 0;
    }

    boolean isOfJdk() {
      return name.startsWith("java.");
    }

    Kind kindOfObjects() {
      Ordered ordered = ORDERED.get(name);
      if (ordered != null) {
        return ordered;
      }
      return name.equals("java.lang.Object") ? Identity.KEY : this;
    }
  }

  /** Counts the comparisons that filling a hash table can take. */
  private static final class HashTable {

    private final boolean isMap;
    private final boolean orders;
    private boolean isUniform = true;
    private @Nullable Kind previous;
    private boolean isValue;
    private long keys;
    private long weight;
    private long sizeBytes;

    private HashTable(boolean isMap, boolean orders) {
      this.isMap = isMap;
      this.orders = orders;
    }

    /**
     * Returns the table that a class of the JDK writes, or {@code null} if it writes none.
     *
     * @param collection the type of an immutable collection, for that class only
     */
    static @Nullable HashTable of(Description type, int collection) {
      return switch (type.name) {
        case "java.util.HashMap", "java.util.concurrent.ConcurrentHashMap" ->
            new HashTable(/* isMap= */ true, /* orders= */ true);
        case "java.util.HashSet" -> new HashTable(/* isMap= */ false, /* orders= */ true);
        case "java.util.Hashtable" -> new HashTable(/* isMap= */ true, /* orders= */ false);
        case IMMUTABLE_COLLECTIONS ->
            switch (collection) {
              case IMMUTABLE_SET -> new HashTable(/* isMap= */ false, /* orders= */ false);
              case IMMUTABLE_MAP -> new HashTable(/* isMap= */ true, /* orders= */ false);
              default -> null;
            };
        default -> null;
      };
    }

    /** Adds a key or, in a map, every other time a value. */
    void add(@Nullable Kind kind, long keyWeight, int keyBytes) {
      if (isValue) {
        isValue = false;
        return;
      }
      isValue = isMap;
      keys++;
      weight += keyWeight;
      sizeBytes += keyBytes;
      if (kind instanceof LongArray || kind == Identity.KEY) {
        return;
      }
      isUniform =
          isUniform && kind instanceof Ordered && (previous == null || previous.equals(kind));
      previous = kind;
    }

    long comparisons() {
      if (orders && isUniform) {
        return 0;
      }
      long each = weight + sizeBytes / BYTES_PER_OBJECT;
      return each > SATURATED / Math.max(1, keys) ? SATURATED : keys * each;
    }
  }
}
