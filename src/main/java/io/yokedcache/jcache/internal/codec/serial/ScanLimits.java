package io.yokedcache.jcache.internal.codec.serial;

import io.yokedcache.jcache.codec.CodecException;
import io.yokedcache.jcache.codec.CodecException.Reason;
import io.yokedcache.jcache.codec.SerializationSettings;

/**
 * The limits of one serialised value: nesting, objects, elements and work.
 *
 * @param depth the greatest nesting, in levels
 * @param references the most objects
 * @param arrayLength the greatest length of an array, in elements
 * @param weight the most objects in the unfolded graph
 * @param comparisons the most comparisons while hash tables are filled
 * @param numberBytes the greatest length of a BigInteger, in bytes
 */
public record ScanLimits(
    long depth,
    long references,
    long arrayLength,
    long weight,
    long comparisons,
    long numberBytes) {

  /**
   * The greatest length of a number in a key or a value, in bits. Reading digits takes quadratic
   * time.
   */
  public static final int MAX_NUMBER_BITS = 32_768;

  public static final int MAX_NUMBER_BYTES = MAX_NUMBER_BITS / Byte.SIZE + 1;

  /** The factor by which shared objects may exceed the number of all objects. */
  static final int SHARING = 16;

  /** The comparisons that are allowed per object. */
  public static final int COMPARISONS_PER_REFERENCE = 2_000;

  /** No limits, for values of the application, which are measured first and checked later. */
  static final ScanLimits NONE =
      new ScanLimits(
          Long.MAX_VALUE,
          Long.MAX_VALUE,
          Long.MAX_VALUE,
          Long.MAX_VALUE,
          Long.MAX_VALUE,
          Long.MAX_VALUE);

  /** The last limits that were created; all caches of a manager have the same limits. */
  private static volatile ScanLimits latest = NONE;

  public static ScanLimits of(SerializationSettings settings) {
    ScanLimits before = latest;
    if (before.isOf(settings)) {
      return before;
    }
    ScanLimits limits = created(settings);
    latest = limits;
    return limits;
  }

  /** Compares the settings, of which all limits are made. */
  private boolean isOf(SerializationSettings settings) {
    return depth == settings.maxDepth()
        && references == settings.maxReferences()
        && arrayLength == settings.maxArrayLength();
  }

  private static ScanLimits created(SerializationSettings settings) {
    return new ScanLimits(
        settings.maxDepth(),
        settings.maxReferences(),
        settings.maxArrayLength(),
        times(settings.maxReferences(), SHARING),
        times(settings.maxReferences(), COMPARISONS_PER_REFERENCE),
        MAX_NUMBER_BYTES);
  }

  static long times(long number, long factor) {
    return number > Long.MAX_VALUE / factor ? Long.MAX_VALUE : number * factor;
  }

  public void checkDepth(long found) {
    check(found, depth, "objects nest %d levels deep (has it a cycle?)", depth, "max-depth");
  }

  public void checkReferences(long found) {
    check(found, references, "it holds %d objects", references, "max-references");
  }

  public void checkArray(long found) {
    check(found, arrayLength, "an array is %d elements long", arrayLength, "max-array-length");
  }

  void checkWeight(long found) {
    check(
        found,
        weight,
        "objects that it shares count as %d where they are hashed, above " + SHARING + " times",
        references,
        "max-references");
  }

  public void checkComparisons(long found) {
    check(
        found,
        comparisons,
        "its sets and maps of keys that hash tables cannot order may take %d comparisons, above "
            + COMPARISONS_PER_REFERENCE
            + " times",
        references,
        "max-references");
  }

  void checkNumber(long found) {
    if (found > numberBytes) {
      throw longNumber(found, numberBytes);
    }
  }

  public static CodecException longNumber(long sizeBytes, long limit) {
    return new CodecException(
        Reason.LIMIT,
        "The value is refused: a BigInteger or BigDecimal in it has "
            + sizeBytes
            + " bytes; the limit is "
            + limit
            + " and no setting changes it. Store it as a String or byte[]",
        null);
  }

  private static void check(
      long found, long limit, String what, long settingValue, String setting) {
    if (found > limit) {
      throw new CodecException(
          Reason.LIMIT,
          "The value is refused: "
              + what.replace("%d", Long.toString(found))
              + "; the limit is yokedcache.serialization."
              + setting
              + " = "
              + settingValue,
          null);
    }
  }
}
