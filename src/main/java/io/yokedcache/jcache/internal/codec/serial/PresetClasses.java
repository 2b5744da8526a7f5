package io.yokedcache.jcache.internal.codec.serial;

import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.cache.CacheException;

/**
 * The classes that are allowed without a pattern in the settings: values and collections of the
 * JDK, and the classes of the presets. Classes that do more than hold a value when they are read or
 * hashed are left out: {@code URL} (asks the DNS), {@code Collections$CopiesList} (any size from a
 * few bytes), regular expressions, files, proxies' handlers.
 */
public final class PresetClasses {

  /** Packages of the JDK that contain only values. */
  static final Set<String> JDK_PACKAGES =
      Set.of(
          "java.time",
          "java.time.chrono",
          "java.time.zone",
          "java.time.temporal",
          "java.time.format",
          "java.math");

  /**
   * Packages of the JDK whose exceptions are cached as values, for example by the annotations of
   * JSR-107.
   */
  public static final Set<String> EXCEPTION_PACKAGES =
      Set.of("java.lang", "java.util", "java.util.concurrent", "java.io", "java.time");

  /** Single classes of the JDK. */
  static final Set<String> JDK =
      Stream.of(
              in(
                  "java.lang.",
                  "Object Boolean Byte Character Short Integer Long Float Double Number String Enum"
                      + " StringBuilder StringBuffer Comparable CharSequence"
                      + " String$CaseInsensitiveComparator StackTraceElement"),
              in("java.io.", "Serializable"),
              in(
                  "java.util.",
                  "ArrayList LinkedList Vector Stack HashMap LinkedHashMap TreeMap Hashtable"
                      + " Properties IdentityHashMap HashSet LinkedHashSet TreeSet ArrayDeque"
                      + " PriorityQueue EnumMap EnumSet EnumSet$SerializationProxy BitSet UUID Date"
                      + " Locale Currency Calendar GregorianCalendar TimeZone SimpleTimeZone"
                      + " AbstractMap$SimpleEntry AbstractMap$SimpleImmutableEntry Arrays$ArrayList"
                      + " CollSer RegularEnumSet JumboEnumSet Map$Entry Map List Set Collection"
                      + " Random JapaneseImperialCalendar Comparators$NullComparator"
                      + " TreeMap$NavigableSubMap TreeMap$AscendingSubMap TreeMap$DescendingSubMap"
                      + " TreeMap$SubMap"),
              // The classes that replace a CollSer.
              in("java.util.ImmutableCollections$", "List12 ListN Set12 SetN Map1 MapN"),
              in("sun.util.", "calendar.ZoneInfo BuddhistCalendar"),
              in(
                  "java.util.Collections$",
                  "EmptyList EmptySet EmptyMap SingletonList SingletonSet SingletonMap"
                      + " UnmodifiableCollection UnmodifiableList UnmodifiableRandomAccessList"
                      + " UnmodifiableSet UnmodifiableSortedSet UnmodifiableNavigableSet"
                      + " UnmodifiableNavigableSet$EmptyNavigableSet UnmodifiableMap"
                      + " UnmodifiableSortedMap UnmodifiableNavigableMap"
                      + " UnmodifiableNavigableMap$EmptyNavigableMap"
                      + " UnmodifiableMap$UnmodifiableEntrySet UnmodifiableSequencedCollection"
                      + " UnmodifiableSequencedSet UnmodifiableSequencedMap"
                      + " SynchronizedCollection SynchronizedList SynchronizedRandomAccessList"
                      + " SynchronizedSet SynchronizedSortedSet SynchronizedNavigableSet"
                      + " SynchronizedMap SynchronizedSortedMap SynchronizedNavigableMap"
                      + " ReverseComparator ReverseComparator2 SetFromMap SequencedSetFromMap"
                      + " AsLIFOQueue CheckedCollection CheckedList CheckedRandomAccessList"
                      + " CheckedSet CheckedSortedSet CheckedNavigableSet CheckedQueue CheckedMap"
                      + " CheckedSortedMap CheckedNavigableMap"),
              in(
                  "java.util.concurrent.",
                  "ConcurrentHashMap ConcurrentHashMap$Segment ConcurrentHashMap$CollectionView"
                      + " ConcurrentHashMap$KeySetView ConcurrentHashMap$ValuesView"
                      + " ConcurrentHashMap$EntrySetView ConcurrentSkipListMap"
                      + " ConcurrentSkipListMap$SubMap"
                      + " ConcurrentSkipListSet ConcurrentLinkedQueue ConcurrentLinkedDeque"
                      + " CopyOnWriteArrayList CopyOnWriteArraySet LinkedBlockingQueue"
                      + " LinkedBlockingDeque PriorityBlockingQueue ArrayBlockingQueue"
                      + " LinkedTransferQueue"),
              // Queues and the segments of a ConcurrentHashMap contain their locks.
              in(
                  "java.util.concurrent.locks.",
                  "ReentrantLock ReentrantLock$Sync ReentrantLock$NonfairSync"
                      + " ReentrantLock$FairSync AbstractQueuedSynchronizer"
                      + " AbstractQueuedSynchronizer$ConditionObject AbstractOwnableSynchronizer"),
              in(
                  "java.util.concurrent.atomic.",
                  "AtomicBoolean AtomicInteger AtomicLong AtomicReference AtomicIntegerArray"
                      + " AtomicLongArray AtomicReferenceArray LongAdder"
                      + " LongAdder$SerializationProxy DoubleAdder"
                      + " DoubleAdder$SerializationProxy"),
              in(
                  "java.net.",
                  "URI InetAddress Inet4Address Inet6Address InetSocketAddress SocketAddress"
                      + " UnixDomainSocketAddress UnixDomainSocketAddress$Ser"),
              in("java.sql.", "Date Time Timestamp"))
          .flatMap(names -> names)
          .collect(Collectors.toUnmodifiableSet());

  private static final Set<String> HIBERNATE =
      Stream.of(
              in(
                  "org.hibernate.cache.internal.",
                  "BasicCacheKeyImplementation CacheKeyImplementation NaturalIdCacheKey"
                      + " QueryResultsCacheImpl$CacheItem"),
              in("org.hibernate.cache.spi.", "QueryKey QueryKey$ParameterBindingsMemento"),
              in(
                  "org.hibernate.query.internal.",
                  "QueryParameterBindingsImpl$ParameterBindingsMementoImpl"),
              in(
                  "org.hibernate.cache.spi.entry.",
                  "CacheEntry CollectionCacheEntry StandardCacheEntryImpl"),
              in(
                  "org.hibernate.cache.spi.support.",
                  "AbstractReadWriteAccess$Item AbstractReadWriteAccess$SoftLockImpl"
                      + " AbstractReadWriteAccess$Lockable"),
              in(
                  "io.yokedcache.jcache.hibernate.",
                  "RegionEntry RegionEntry$Item RegionEntry$Lock RegionEntry$Vacant"),
              // Placeholders for a property that was not loaded or has a value of any type.
              in("org.hibernate.bytecode.enhance.spi.", "LazyPropertyInitializer$1"),
              in("org.hibernate.property.access.internal.", "PropertyAccessStrategyBackRefImpl$1"),
              in("org.hibernate.type.", "AnyType$ObjectTypeCacheEntry"))
          .flatMap(names -> names)
          .collect(Collectors.toUnmodifiableSet());

  private static final Set<String> SPRING =
      Stream.of(
              in("org.springframework.cache.", "support.NullValue interceptor.SimpleKey"),
              // Pages that repositories return, with all classes of their parts.
              in(
                  "org.springframework.data.domain.",
                  "PageImpl SliceImpl Chunk PageRequest AbstractPageRequest Unpaged Sort Sort$Order"
                      + " Sort$Direction Sort$NullHandling SearchResults SearchResult Score"
                      + " Similarity"),
              in(
                  "org.springframework.data.geo.",
                  "GeoPage GeoResults GeoResult Distance Metrics CustomMetric Point Box Circle"
                      + " Polygon"),
              in("org.springframework.data.querydsl.", "QPageRequest QSort"))
          .flatMap(names -> names)
          .collect(Collectors.toUnmodifiableSet());

  /**
   * The values of Kotlin's libraries that data classes have by default or often. Collections of
   * {@code buildList} are left out: a few bytes give any size.
   */
  private static final Set<String> KOTLIN =
      Stream.of(
              in("kotlin.", "Pair Triple InitializedLazyImpl"),
              in("kotlin.collections.", "EmptyList EmptySet EmptyMap"),
              // They write kotlin.time.Instant, Uuid, and the types of kotlinx.datetime.
              in("kotlin.time.", "InstantSerialized"),
              in("kotlin.uuid.", "UuidSerialized"),
              in("kotlinx.datetime.", "Ser"))
          .flatMap(names -> names)
          .collect(Collectors.toUnmodifiableSet());

  private PresetClasses() {}

  private static Stream<String> in(String prefix, String names) {
    return Stream.of(names.split(" ", -1)).map(name -> prefix + name);
  }

  /** The classes of a preset of the settings. */
  static Set<String> preset(String name) {
    return switch (name) {
      case "hibernate" -> HIBERNATE;
      case "kotlin" -> KOTLIN;
      case "spring" -> SPRING;
      default ->
          throw new CacheException(
              "yokedcache.serialization.presets has \""
                  + name
                  + "\"; the presets are hibernate, kotlin and spring");
    };
  }
}
