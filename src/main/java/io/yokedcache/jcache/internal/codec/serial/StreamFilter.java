package io.yokedcache.jcache.internal.codec.serial;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.SerializationSettings;
import java.io.ObjectInputFilter;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The filter of one stream: the list of allowed classes, the limits, and the filter of the JVM,
 * which a stream filter would otherwise replace. It stores the reason of a refusal, because the
 * exception of the stream does not name it.
 */
public final class StreamFilter implements ObjectInputFilter {

  /** A hash table can have eight slots per entry; the smallest tables have sixteen. */
  private static final int SLOTS_PER_REFERENCE = 16;

  private static final int FREE_ELEMENTS = 64;

  /**
   * The tolerance of the filter compared with the scan of the stream, because the JVM can count
   * differently.
   */
  private static final int LENIENCY = 2;

  private final AllowedClasses allowed;
  private final SerializationSettings settings;
  private final @Nullable ObjectInputFilter jvmWide = Config.getSerialFilter();
  private long elementBudget;
  private @Nullable CodecException refusal;

  /**
   * Creates the filter.
   *
   * @param allowed the classes that may be read
   * @param sizeBytes the length of the stream, in bytes; each byte can be an element of an array
   * @param references the number of objects in the stream; each can be in a table of a collection
   */
  public StreamFilter(
      AllowedClasses allowed, SerializationSettings settings, long sizeBytes, long references) {
    this.allowed = allowed;
    this.settings = settings;
    this.elementBudget = sizeBytes + references * SLOTS_PER_REFERENCE + FREE_ELEMENTS;
  }

  /** Returns the reason why the stream was refused, or {@code null} if it was not refused. */
  public @Nullable CodecException refusal() {
    return refusal;
  }

  @Override
  public Status checkInput(FilterInfo info) {
    Class<?> type = info.serialClass();
    if (jvmWide != null && AllowedClasses.isRejected(jvmWide.checkInput(info))) {
      return refuse(
          type != null
              ? AllowedClasses.refusedByJvm(type)
              : new CodecException("The filter of this JVM (jdk.serialFilter) rejects it", null));
    }
    CodecException exceeded = exceededLimit(info);
    if (exceeded != null) {
      return refuse(exceeded);
    }
    // Classes that the stream names were checked when they were found. Other classes come from
    // their code: the arrays of a collection, or the result of readResolve.
    return type == null ? Status.UNDECIDED : Status.ALLOWED;
  }

  /** Refuses a class that the stream names, unless it is allowed. */
  public void check(Class<?> type) {
    if (!allowed.allows(type)) {
      throw remember(
          RefusalMessages.onRead(
              List.of(AllowedClasses.elementType(type).getName()), allowed.patterns()));
    }
  }

  /** Refuses a proxy before its class is defined. */
  void checkProxy(List<String> interfaces) {
    try {
      allowed.checkProxy(interfaces);
    } catch (CodecException e) {
      throw remember(e);
    }
  }

  private CodecException remember(CodecException reason) {
    if (refusal == null) {
      refusal = reason;
    }
    return reason;
  }

  private @Nullable CodecException exceededLimit(FilterInfo info) {
    long depth = ScanLimits.times(settings.maxDepth(), LENIENCY);
    if (info.depth() > depth) {
      return limit("objects nest deeper than", depth, "max-depth");
    }
    long references = ScanLimits.times(settings.maxReferences(), LENIENCY);
    if (info.references() > references) {
      return limit("it holds more objects than", references, "max-references");
    }
    if (info.arrayLength() > 0) {
      // An array is allocated before its elements are read, so a few bytes could allocate
      // gigabytes.
      elementBudget -= info.arrayLength();
      if (elementBudget < 0) {
        return new CodecException(
            "The value is damaged: its arrays claim more elements than it has bytes", null);
      }
    }
    return null;
  }

  private static CodecException limit(String what, long limit, String setting) {
    return new CodecException(
        CodecException.Reason.LIMIT,
        "The value is refused: "
            + what
            + " "
            + limit
            + "; the limit is yokedcache.serialization."
            + setting,
        null);
  }

  private Status refuse(CodecException reason) {
    remember(reason);
    return Status.REJECTED;
  }
}
