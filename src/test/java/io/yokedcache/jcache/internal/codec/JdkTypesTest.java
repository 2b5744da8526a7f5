package io.yokedcache.jcache.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.codec.SerializationSettings;
import io.yokedcache.jcache.internal.codec.serial.JavaCodec;
import io.yokedcache.jcache.internal.codec.serial.PresetClasses;
import java.io.IOException;
import java.io.Serializable;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.Modifier;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.MonthDay;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.chrono.HijrahChronology;
import java.time.chrono.HijrahDate;
import java.time.chrono.IsoChronology;
import java.time.chrono.JapaneseChronology;
import java.time.chrono.JapaneseDate;
import java.time.chrono.JapaneseEra;
import java.time.chrono.MinguoChronology;
import java.time.chrono.MinguoDate;
import java.time.chrono.ThaiBuddhistChronology;
import java.time.chrono.ThaiBuddhistDate;
import java.time.temporal.ChronoField;
import java.time.temporal.WeekFields;
import java.util.AbstractMap.SimpleEntry;
import java.util.AbstractMap.SimpleImmutableEntry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Calendar;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.Currency;
import java.util.Date;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.GregorianCalendar;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Hashtable;
import java.util.IdentityHashMap;
import java.util.InvalidPropertiesFormatException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Properties;
import java.util.Random;
import java.util.Set;
import java.util.SimpleTimeZone;
import java.util.Stack;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.Vector;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.concurrent.LinkedBlockingDeque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.PriorityBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The classes of the JDK that the documentation calls values come back, without being learned: each
 * public Serializable class of its packages is made here or is named there as left out.
 */
@SuppressWarnings({
  "IdentityHashMapUsage",
  "JavaUtilDate",
  "JdkObsolete", // old classes are values too
  "NonApiType",
  "UnnecessaryStringBuilder"
})
final class JdkTypesTest {

  private static final Map<String, String> PACKAGES =
      Map.ofEntries(
          Map.entry("java.lang", "java.base"),
          Map.entry("java.util", "java.base"),
          Map.entry("java.util.concurrent", "java.base"),
          Map.entry("java.util.concurrent.atomic", "java.base"),
          Map.entry("java.time", "java.base"),
          Map.entry("java.time.chrono", "java.base"),
          Map.entry("java.time.zone", "java.base"),
          Map.entry("java.time.temporal", "java.base"),
          Map.entry("java.time.format", "java.base"),
          Map.entry("java.math", "java.base"),
          Map.entry("java.net", "java.base"),
          Map.entry("java.sql", "java.sql"));

  private static final SerializationSettings NOTHING_LEARNED =
      new SerializationSettings(
          List.of(),
          List.of(),
          /* learn= */ false,
          /* java= */ true,
          64,
          100_000,
          1 << 24,
          8 << 20);

  private final JavaCodec<Object> codec =
      new JavaCodec<>(Object.class, TestSettings.loader(), NOTHING_LEARNED);

  static Stream<Object> values() throws Exception {
    return Stream.of(plain(), times(), collections(), views(), concurrent())
        .flatMap(Collection::stream);
  }

  private static List<Object> plain() throws Exception {
    return List.of(
        true,
        (byte) 1,
        'c',
        1.5,
        1.5f,
        1,
        1L,
        (short) 1,
        "text",
        new StringBuffer("a"),
        new StringBuilder("b"),
        new Throwable().getStackTrace()[0],
        new BigDecimal("1.50"),
        BigInteger.TEN,
        MathContext.DECIMAL64,
        new UUID(1, 2),
        Currency.getInstance("EUR"),
        Locale.forLanguageTag("th-TH-u-nu-thai"),
        BitSet.valueOf(new long[] {5}),
        new Random(1),
        URI.create("http://a/b"),
        InetAddress.getByAddress("host", new byte[] {1, 2, 3, 4}),
        InetAddress.getByAddress(new byte[16]),
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 80),
        InetSocketAddress.createUnresolved("host", 80),
        UnixDomainSocketAddress.of("socket"),
        // The outer array is the arguments of the test.
        new Object[] {new Object[] {new int[] {1}, new String[] {"a"}}});
  }

  private static List<Object> times() {
    ZoneId berlin = ZoneId.of("Europe/Berlin");
    List<Object> times =
        new ArrayList<>(
            List.of(
                Duration.ofSeconds(1),
                Instant.EPOCH,
                LocalDate.EPOCH,
                LocalDateTime.of(2024, 2, 29, 1, 2),
                LocalTime.NOON,
                MonthDay.of(2, 29),
                OffsetDateTime.MAX,
                OffsetTime.MIN,
                Period.ofDays(1),
                Year.of(2024),
                YearMonth.of(2024, 2),
                ZoneOffset.UTC,
                berlin,
                ZonedDateTime.of(LocalDateTime.MIN, berlin),
                berlin.getRules(),
                berlin.getRules().getTransitions().get(0),
                berlin.getRules().getTransitionRules().get(0),
                HijrahChronology.INSTANCE,
                IsoChronology.INSTANCE,
                JapaneseChronology.INSTANCE,
                MinguoChronology.INSTANCE,
                ThaiBuddhistChronology.INSTANCE,
                HijrahDate.of(1445, 1, 1),
                JapaneseDate.of(2024, 1, 1),
                JapaneseEra.HEISEI,
                MinguoDate.of(110, 1, 1),
                ThaiBuddhistDate.of(2567, 1, 1),
                ChronoField.DAY_OF_YEAR.range(),
                WeekFields.ISO,
                new Date(5),
                new java.sql.Date(5),
                new java.sql.Time(5),
                new java.sql.Timestamp(5)));
    times.add(new GregorianCalendar(2024, 1, 29));
    times.add(Calendar.getInstance(Locale.forLanguageTag("th-TH")));
    times.add(Calendar.getInstance(Locale.forLanguageTag("ja-JP-u-ca-japanese")));
    times.add(TimeZone.getTimeZone("Europe/Berlin"));
    times.add(new SimpleTimeZone(3_600_000, "own"));
    return times;
  }

  private static List<Object> collections() {
    Map<String, Integer> map = Map.of("a", 1, "b", 2);
    List<String> list = List.of("a", "b");
    EnumMap<DayOfWeek, Integer> days = new EnumMap<>(Map.of(DayOfWeek.MONDAY, 1));
    Properties properties = new Properties();
    properties.putAll(Map.of("k", "v"));
    return List.of(
        new SimpleEntry<>("k", 1),
        new SimpleImmutableEntry<>("k", 1),
        new ArrayDeque<>(list),
        new ArrayList<>(list),
        days,
        EnumSet.of(DayOfWeek.FRIDAY),
        EnumSet.allOf(Character.UnicodeScript.class),
        new HashMap<>(map),
        new HashSet<>(list),
        new Hashtable<>(map),
        new IdentityHashMap<>(Map.of(DayOfWeek.MONDAY, DayOfWeek.FRIDAY)),
        new LinkedHashMap<>(map),
        new LinkedHashSet<>(list),
        new LinkedList<>(list),
        new PriorityQueue<>(list),
        properties,
        stackOf(list),
        new TreeMap<>(map),
        new TreeSet<>(list),
        new Vector<>(list),
        treeOf(Comparator.<String>naturalOrder()),
        treeOf(Comparator.<String>reverseOrder()),
        treeOf(Collections.reverseOrder(String.CASE_INSENSITIVE_ORDER)),
        treeOf(Comparator.nullsFirst(Comparator.<String>naturalOrder())));
  }

  private static Stack<String> stackOf(List<String> list) {
    Stack<String> stack = new Stack<>();
    stack.addAll(list);
    return stack;
  }

  private static TreeMap<String, Integer> treeOf(Comparator<String> order) {
    TreeMap<String, Integer> tree = new TreeMap<>(order);
    tree.putAll(Map.of("a", 1, "b", 2));
    return tree;
  }

  private static List<Object> views() {
    List<String> list = new ArrayList<>(List.of("a", "b"));
    Set<String> set = new HashSet<>(list);
    TreeSet<String> sortedSet = new TreeSet<>(list);
    Map<String, Integer> map = new HashMap<>(Map.of("a", 1));
    TreeMap<String, Integer> sorted = new TreeMap<>(Map.of("a", 1, "b", 2, "c", 3));
    return List.of(
        Arrays.asList("a", null),
        List.of(),
        List.of(1),
        List.of(1, 2, 3),
        List.copyOf(list),
        Stream.of("a", "b").toList(),
        Stream.of("a", "b").collect(Collectors.toUnmodifiableList()),
        Set.of(),
        Set.of(1),
        Set.of(1, 2, 3),
        Map.of(),
        Map.of(1, 2),
        Map.of(1, 2, 3, 4),
        sorted.headMap("c"),
        sorted.tailMap("b"),
        sorted.subMap("a", "c"),
        sorted.descendingMap(),
        sortedSet.headSet("b"),
        sortedSet.descendingSet(),
        Collections.emptyList(),
        Collections.emptySet(),
        Collections.emptyMap(),
        Collections.emptySortedSet(),
        Collections.emptyNavigableMap(),
        Collections.singleton("a"),
        Collections.singletonList("a"),
        Collections.singletonMap("a", 1),
        Collections.unmodifiableCollection(list),
        Collections.unmodifiableList(list),
        Collections.unmodifiableList(new LinkedList<>(list)),
        Collections.unmodifiableSet(set),
        Collections.unmodifiableSortedSet(sortedSet),
        Collections.unmodifiableNavigableSet(sortedSet),
        Collections.unmodifiableMap(map),
        Collections.unmodifiableSortedMap(sorted),
        Collections.unmodifiableNavigableMap(sorted),
        Collections.synchronizedCollection(list),
        Collections.synchronizedList(list),
        Collections.synchronizedList(new LinkedList<>(list)),
        Collections.synchronizedSet(set),
        Collections.synchronizedSortedSet(sortedSet),
        Collections.synchronizedNavigableSet(sortedSet),
        Collections.synchronizedMap(map),
        Collections.synchronizedSortedMap(sorted),
        Collections.synchronizedNavigableMap(sorted),
        Collections.checkedCollection(list, String.class),
        Collections.checkedList(list, String.class),
        Collections.checkedSet(set, String.class),
        Collections.checkedSortedSet(sortedSet, String.class),
        Collections.checkedNavigableSet(sortedSet, String.class),
        Collections.checkedQueue(new ArrayDeque<>(list), String.class),
        Collections.checkedMap(map, String.class, Integer.class),
        Collections.checkedSortedMap(sorted, String.class, Integer.class),
        Collections.checkedNavigableMap(sorted, String.class, Integer.class),
        setFromMap(),
        Collections.asLifoQueue(new ArrayDeque<>(list)));
  }

  private static Set<String> setFromMap() {
    Set<String> set = Collections.newSetFromMap(new ConcurrentHashMap<>());
    set.add("a");
    return set;
  }

  private static List<Object> concurrent() {
    List<String> list = List.of("a", "b");
    ConcurrentHashMap<String, Integer> map = new ConcurrentHashMap<>(Map.of("a", 1));
    Set<String> keys = ConcurrentHashMap.newKeySet();
    keys.addAll(list);
    ConcurrentSkipListMap<String, Integer> sorted = new ConcurrentSkipListMap<>(map);
    LongAdder longs = new LongAdder();
    longs.add(5);
    DoubleAdder doubles = new DoubleAdder();
    doubles.add(5);
    return List.of(
        map,
        keys,
        map.keySet(),
        map.keySet(1),
        map.values(),
        map.entrySet(),
        sorted,
        sorted.headMap("b"),
        sorted.descendingMap(),
        new ConcurrentSkipListSet<>(list),
        new ConcurrentLinkedDeque<>(list),
        new ConcurrentLinkedQueue<>(list),
        new CopyOnWriteArrayList<>(list),
        new CopyOnWriteArraySet<>(list),
        new ArrayBlockingQueue<>(3, true, list),
        new LinkedBlockingDeque<>(list),
        new LinkedBlockingQueue<>(list),
        new LinkedTransferQueue<>(list),
        new PriorityBlockingQueue<>(list),
        new AtomicBoolean(true),
        new AtomicInteger(1),
        new AtomicLong(1),
        new AtomicIntegerArray(new int[] {1}),
        new AtomicLongArray(new long[] {1}),
        new AtomicReference<>("a"),
        new AtomicReferenceArray<>(new String[] {"a"}),
        longs,
        doubles);
  }

  @ParameterizedTest
  @MethodSource("values")
  void decode_valueOfTheJdk_comesBack(Object value) {
    Object decoded = codec.decode(codec.encode(value));
    assertThat(decoded.getClass()).isEqualTo(value.getClass());
    assertThat(shown(decoded)).isEqualTo(shown(value));
  }

  /** As text, since queues and atomics have no equals; a Random by its next number. */
  private static String shown(Object value) {
    if (value instanceof Object[] array) {
      return Arrays.deepToString(array);
    }
    if (value instanceof Calendar calendar) {
      return calendar.getTimeInMillis() + " " + calendar.getCalendarType();
    }
    return value instanceof Random random ? random.nextLong() + "" : value.toString();
  }

  @Test
  void everyPublicClass_isMadeHereOrNamedAsLeftOut() throws Exception {
    Set<String> made = new TreeSet<>(Set.of(InetAddress.class.getName()));
    values().forEach(value -> made.add(value.getClass().getName()));
    Set<String> leftOut = leftOut();
    assertThat(leftOut).hasSizeGreaterThan(5);
    Set<String> missing = new TreeSet<>();
    for (Class<?> type : publicSerializableClasses()) {
      boolean isEnum = type.isEnum();
      if (isEnum) {
        Object constant = Array.get(type.getEnumConstants(), 0);
        assertThat(codec.decode(codec.encode(constant))).isSameAs(constant);
      } else if (Throwable.class.isAssignableFrom(type)) {
        // The JDK declares this one Serializable, and throws when one is serialised.
        boolean isSerializable = type != InvalidPropertiesFormatException.class;
        if (isSerializable && PresetClasses.EXCEPTION_PACKAGES.contains(type.getPackageName())) {
          roundTrip(type);
        }
      } else if (made.contains(type.getName()) == leftOut.contains(type.getName())) {
        missing.add(type.getName());
      }
    }
    assertThat(missing).as("either made by this test or left out by the docs").isEmpty();
  }

  /** The classes that the documentation names as left out. */
  private static Set<String> leftOut() throws IOException {
    Path docs = Path.of("docs/configuration.md");
    String text = Files.readString(Files.exists(docs) ? docs : Path.of("../docs/configuration.md"));
    int start = text.indexOf("These are left out:");
    Matcher names =
        Pattern.compile("`(java\\.[A-Za-z.]+)`")
            .matcher(text.substring(start, text.indexOf("Left out besides", start)));
    Set<String> leftOut = new TreeSet<>();
    while (names.find()) {
      leftOut.add(names.group(1));
    }
    return leftOut;
  }

  private static List<Class<?>> publicSerializableClasses() throws Exception {
    List<Class<?>> classes = new ArrayList<>();
    for (Map.Entry<String, String> each : PACKAGES.entrySet()) {
      Path folder =
          FileSystems.getFileSystem(URI.create("jrt:/"))
              .getPath("/modules", each.getValue(), each.getKey().replace('.', '/'));
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : (Iterable<Path>) files::iterator) {
          String name = file.getFileName().toString();
          if (name.endsWith(".class") && !name.endsWith("-info.class")) {
            String className = each.getKey() + "." + name.substring(0, name.length() - 6);
            Class<?> type = Class.forName(className, false, ClassLoader.getPlatformClassLoader());
            if (isPublicValue(type)) {
              classes.add(type);
            }
          }
        }
      }
    }
    assertThat(classes).hasSizeGreaterThan(150);
    return classes;
  }

  private static boolean isPublicValue(Class<?> type) {
    for (Class<?> c = type; c != null; c = c.getEnclosingClass()) {
      if (!Modifier.isPublic(c.getModifiers())) {
        return false;
      }
    }
    return Serializable.class.isAssignableFrom(type)
        && !type.isInterface()
        && (type.isEnum() || !Modifier.isAbstract(type.getModifiers()));
  }

  /** An exception by any constructor whose arguments are easily made. */
  private void roundTrip(Class<?> type) {
    for (Constructor<?> constructor : type.getConstructors()) {
      @Nullable Object[] arguments = new @Nullable Object[constructor.getParameterCount()];
      for (int i = 0; i < arguments.length; i++) {
        arguments[i] = argument(constructor.getParameterTypes()[i]);
      }
      try {
        Throwable made = (Throwable) constructor.newInstance(arguments);
        Throwable decoded = (Throwable) codec.decode(codec.encode(made));
        assertThat(decoded).hasSameClassAs(made).hasMessage(made.getMessage());
        return;
      } catch (ReflectiveOperationException | IllegalArgumentException unsuitable) {
        // The next one.
      }
    }
    assertThat(type.getConstructors()).as("%s can be made", type).isEmpty();
  }

  private static @Nullable Object argument(Class<?> type) {
    if (type == String.class || type == Object.class) {
      return "-";
    }
    if (type == int.class) {
      return 1;
    }
    if (type == char.class) {
      return 'x';
    }
    if (type == Class.class) {
      return String.class;
    }
    return type == Throwable.class || type == Exception.class ? new IOException("cause") : null;
  }
}
