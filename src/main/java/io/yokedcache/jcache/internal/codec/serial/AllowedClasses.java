package io.yokedcache.jcache.internal.codec.serial;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.RefusedClassException;
import io.yokedcache.jcache.codec.SerializationSettings;
import java.io.ObjectInputFilter;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import javax.cache.CacheException;
import org.jspecify.annotations.Nullable;

/**
 * The classes that may be deserialised: the JDK's value types, the declared types with their
 * packages, the presets, the patterns of the setting, and the classes that the application encoded
 * ({@link LearnedTypes}). All other classes are refused. Safe for use by several threads.
 *
 * <p>Wildcards and declared types do not allow classes of the JDK; the settings name these one by
 * one. A bare {@code *} is an error.
 */
public final class AllowedClasses {

  private static final Pattern CLASS_OR_PACKAGE =
      Pattern.compile(
          "\\p{javaJavaIdentifierStart}\\p{javaJavaIdentifierPart}*"
              + "(\\.\\p{javaJavaIdentifierStart}\\p{javaJavaIdentifierPart}*)*(\\.\\*\\*?)?");

  /** The most distinct lists of interfaces for proxies. A proxy class is never unloaded. */
  private static final int MAX_PROXY_CLASSES = 64;

  private final List<Set<String>> presets;
  private final List<String> patterns;
  private final Set<String> named;
  private final Set<String> namedPackages;
  private final List<String> prefixes;
  private final Set<String> declared;
  private final Set<String> declaredPackages;
  private final ScanLimits limits;
  private final LearnedTypes learned;
  private final @Nullable Class<?> closedType;
  private final @Nullable Set<String> closed;

  /** Created when a stream is first read or written; most caches of plain values have none. */
  private volatile @Nullable Set<String> withoutFields;

  private volatile Set<List<String>> proxyClasses = Set.of();

  /**
   * Creates the list.
   *
   * @param type the declared type of the values; if it is closed, nothing else is allowed
   * @param otherTypes further types whose objects may be part of a value
   */
  public AllowedClasses(SerializationSettings settings, Class<?> type, Class<?>... otherTypes) {
    limits = ScanLimits.of(settings);
    closed = ClosedTypes.classesOf(type);
    closedType = closed == null ? null : type;
    List<Set<String>> chosen = new ArrayList<>();
    chosen.add(PresetClasses.JDK);
    for (String preset : settings.presets()) {
      chosen.add(PresetClasses.preset(preset));
    }
    presets = List.copyOf(chosen);
    patterns = settings.allow();
    Set<String> classes = new HashSet<>();
    Set<String> packages = new HashSet<>();
    List<String> trees = new ArrayList<>();
    for (String pattern : patterns) {
      addPattern(pattern, classes, packages, trees);
    }
    // Copies of empty sets are one shared object, and most caches have empty sets.
    named = Set.copyOf(classes);
    namedPackages = Set.copyOf(packages);
    prefixes = List.copyOf(trees);
    classes.clear();
    packages.clear();
    addDeclared(elementType(type), classes, packages);
    for (Class<?> other : otherTypes) {
      addDeclared(elementType(other), classes, packages);
    }
    declared = Set.copyOf(classes);
    declaredPackages = Set.copyOf(packages);
    learned = new LearnedTypes(settings.learn());
  }

  private static void addPattern(
      String pattern, Set<String> classes, Set<String> packages, List<String> trees) {
    if (!CLASS_OR_PACKAGE.matcher(pattern).matches()) {
      throw new CacheException(
          "yokedcache.serialization.allow has \""
              + pattern
              + "\"; write a class (com.acme.Order), a package (com.acme.*) or a package with its"
              + " subpackages (com.acme.**)");
    }
    if (pattern.endsWith(".**")) {
      trees.add(pattern.substring(0, pattern.length() - 2));
    } else if (pattern.endsWith(".*")) {
      packages.add(pattern.substring(0, pattern.length() - 2));
    } else {
      classes.add(pattern);
    }
  }

  private static void addDeclared(Class<?> type, Set<String> classes, Set<String> packages) {
    if (isPlatformClass(type)) {
      return;
    }
    if (!type.getPackageName().isEmpty()) {
      packages.add(type.getPackageName());
    }
    // A stream describes the superclasses too.
    for (Class<?> c = type; c != null && !isPlatformClass(c); c = c.getSuperclass()) {
      classes.add(c.getName());
    }
  }

  /** The patterns of the settings. */
  List<String> patterns() {
    return patterns;
  }

  /** The limits of the settings for the scan of a stream. */
  public ScanLimits limits() {
    return limits;
  }

  public LearnedTypes learned() {
    return learned;
  }

  /** Learns a class that the application uses in a key, if it may be learned. */
  public void learn(Class<?> type) {
    if (!allows(type)) {
      learned.learn(List.of(type));
    }
  }

  /** Learns a class and its superclasses whose fields the stream contains. */
  public void learnWithSuperclasses(Class<?> type) {
    if (allows(type)) {
      return;
    }
    for (Class<?> c = type; c != null && !isPlatformClass(c); c = c.getSuperclass()) {
      learn(c);
    }
  }

  /** Classes of the application that have fields but do not write them. */
  Set<String> withoutFields() {
    Set<String> made = withoutFields;
    return made != null ? made : makeWithoutFields();
  }

  /** The monitor ensures that all threads see the same set. */
  private synchronized Set<String> makeWithoutFields() {
    Set<String> made = withoutFields;
    if (made == null) {
      made = ConcurrentHashMap.newKeySet();
      withoutFields = made;
    }
    return made;
  }

  /** Returns whether the declared type determines the classes of its values. */
  public boolean isClosed() {
    return closed != null;
  }

  /** Returns whether the class, or the element type of the array class, may be deserialised. */
  boolean allows(Class<?> type) {
    Class<?> element = elementType(type);
    if (closed != null) {
      return element.isPrimitive() || closed.contains(element.getName());
    }
    // The superclass of proxies does nothing; their interfaces and handlers are checked.
    if (element.isPrimitive() || element == Proxy.class || isNamed(element.getName())) {
      return true;
    }
    if (Proxy.isProxyClass(element)) {
      // The invocation handler is an object of the stream and is checked like any other.
      return allowsProxy(Arrays.stream(element.getInterfaces()).map(Class::getName).toList());
    }
    String packageName = element.getPackageName();
    if (isPlatformClass(element)) {
      return PresetClasses.JDK_PACKAGES.contains(packageName)
          || (Enum.class.isAssignableFrom(element) && packageName.startsWith("java."))
          || (Throwable.class.isAssignableFrom(element)
              && PresetClasses.EXCEPTION_PACKAGES.contains(packageName));
    }
    return declaredPackages.contains(packageName) || matchesPattern(element.getName());
  }

  /**
   * Refuses a stream by the names in it before any class is looked up. The exception names all
   * refused classes.
   *
   * @param resolver finds classes of the JDK whose name alone does not decide
   */
  void checkStream(StreamScan scan, ClassResolver resolver) {
    Set<String> refused = Set.of();
    for (String name : scan.classNames()) {
      if (!allowsName(name, resolver)) {
        refused = refused.isEmpty() ? new TreeSet<>() : refused;
        refused.add(name);
      }
    }
    for (List<String> interfaces : scan.proxies()) {
      if (closed != null || !allowsProxy(interfaces)) {
        refused = refused.isEmpty() ? new TreeSet<>() : refused;
        refused.addAll(interfaces.isEmpty() ? List.of(Proxy.class.getName()) : interfaces);
      }
    }
    if (!refused.isEmpty()) {
      throw refusal(refused);
    }
  }

  /** Refuses a class by its name if the name alone decides. */
  public void checkName(String name, ClassResolver resolver) {
    if (!allowsName(name, resolver)) {
      throw refusal(List.of(name));
    }
  }

  private RefusedClassException refusal(Collection<String> classNames) {
    return closedType == null
        ? RefusalMessages.onRead(classNames, patterns)
        : new RefusedClassException(
            classNames,
            "The bytes hold objects of "
                + DisplayNames.of(classNames)
                + ", but the cache is declared for "
                + closedType.getTypeName()
                + " and reads nothing else");
  }

  private boolean allowsName(String name, ClassResolver resolver) {
    if (ClassResolver.isPrimitive(name)) {
      return true;
    }
    if (closed != null) {
      return closed.contains(name);
    }
    if (isNamed(name) || name.equals(Proxy.class.getName())) {
      return true;
    }
    if (!isJdkName(name)) {
      int dot = name.lastIndexOf('.');
      return (dot > 0 && declaredPackages.contains(name.substring(0, dot))) || matchesPattern(name);
    }
    try {
      return allows(resolver.find(name));
    } catch (ClassNotFoundException unknown) {
      return false;
    }
  }

  private boolean isNamed(String className) {
    for (Set<String> preset : presets) {
      if (preset.contains(className)) {
        return true;
      }
    }
    return named.contains(className) || declared.contains(className) || learned.contains(className);
  }

  private boolean matchesPattern(String className) {
    int dot = className.lastIndexOf('.');
    if (dot > 0 && namedPackages.contains(className.substring(0, dot))) {
      return true;
    }
    for (String prefix : prefixes) {
      if (className.startsWith(prefix)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns whether proxies with these interfaces may be read. The settings must allow each
   * interface; learned and declared types do not count, because a proxy is behaviour and not a
   * value.
   */
  boolean allowsProxy(List<String> interfaces) {
    for (String name : interfaces) {
      if (!named.contains(name) && (isJdkName(name) || !matchesPattern(name))) {
        return false;
      }
    }
    return true;
  }

  /** Refuses a proxy before its class is defined, because a defined class is not unloaded. */
  void checkProxy(List<String> interfaces) {
    if (!allowsProxy(interfaces)) {
      throw RefusalMessages.onRead(interfaces, patterns);
    }
    if (proxyClasses.size() >= MAX_PROXY_CLASSES && !proxyClasses.contains(interfaces)) {
      throw new CodecException(
          CodecException.Reason.LIMIT,
          "The value is refused: this cache has had proxies with "
              + MAX_PROXY_CLASSES
              + " different lists of interfaces, and no more are made",
          null);
    }
    addProxyClass(List.copyOf(interfaces));
  }

  private static boolean isJdkName(String className) {
    return className.startsWith("java.");
  }

  /** Refuses a class that is not allowed. */
  void check(Class<?> type) {
    if (!allows(type)) {
      throw refusal(List.of(elementType(type).getName()));
    }
  }

  /** Refuses a class that is instantiated without an {@code ObjectInputStream}. */
  public void checkWithJvmFilter(Class<?> type) {
    check(type);
    checkJvmFilter(type);
  }

  /** Refuses a class that the filter of this JVM rejects. */
  public void checkJvmFilter(Class<?> type) {
    ObjectInputFilter jvmWide = ObjectInputFilter.Config.getSerialFilter();
    if (jvmWide != null && isRejected(jvmWide.checkInput(new ClassOnly(type)))) {
      throw refusedByJvm(type);
    }
  }

  static RefusedClassException refusedByJvm(Class<?> type) {
    String name = elementType(type).getName();
    return new RefusedClassException(
        List.of(name),
        "Class "
            + DisplayNames.of(name)
            + " may not be deserialised: the filter of this JVM (jdk.serialFilter) rejects it; name"
            + " the class where that is set, by -Djdk.serialFilter or by a framework");
  }

  static boolean isRejected(ObjectInputFilter.@Nullable Status status) {
    return status == null || status == ObjectInputFilter.Status.REJECTED;
  }

  /** Returns whether the class is part of the JDK. */
  public static boolean isPlatformClass(Class<?> type) {
    ClassLoader loader = type.getClassLoader();
    return loader == null || loader == ClassLoader.getPlatformClassLoader();
  }

  public static Class<?> elementType(Class<?> type) {
    Class<?> element = type;
    while (element.isArray()) {
      element = element.getComponentType();
    }
    return element;
  }

  /** The filter information for a class outside of a stream. */
  private record ClassOnly(Class<?> serialClass) implements ObjectInputFilter.FilterInfo {

    @Override
    public long arrayLength() {
      return -1;
    }

    @Override
    public long depth() {
      return 1;
    }

    @Override
    public long references() {
      return 1;
    }

    @Override
    public long streamBytes() {
      return 0;
    }
  }

  /** The set is copied on write: it is small, and empty for most caches. */
  private synchronized void addProxyClass(List<String> interfaces) {
    if (!proxyClasses.contains(interfaces)) {
      Set<List<String>> more = new HashSet<>(proxyClasses);
      more.add(interfaces);
      proxyClasses = Set.copyOf(more);
    }
  }
}
