package io.yokedcache.jcache.codec;

import java.util.List;

/**
 * What Java deserialisation may touch, and how much of it.
 *
 * @param allow class names and patterns that are allowed besides the built-in ones: {@code
 *     com.acme.Order}, {@code com.acme.*} (one package) or {@code com.acme.**} (with its
 *     subpackages)
 * @param presets names of built-in lists to allow: {@code hibernate}, {@code spring}
 * @param learn whether classes that the application itself puts into a cache may be read back from
 *     that cache by the same JVM
 * @param java whether Java serialisation may be used at all
 * @param maxDepth how deep an object graph may nest
 * @param maxReferences how many objects one value may hold
 * @param maxArrayLength how long an array may be, in elements
 * @param maxBytes how long one value may be, in bytes
 */
public record SerializationSettings(
    List<String> allow,
    List<String> presets,
    boolean learn,
    boolean java,
    long maxDepth,
    long maxReferences,
    long maxArrayLength,
    long maxBytes) {

  /**
   * Copies the lists.
   *
   * @param allow class names and patterns that are allowed
   * @param presets names of built-in lists to allow
   * @param learn whether classes that the application puts may be read back
   * @param java whether Java serialisation may be used at all
   * @param maxDepth how deep an object graph may nest
   * @param maxReferences how many objects one value may hold
   * @param maxArrayLength how long an array may be, in elements
   * @param maxBytes how long one value may be, in bytes
   */
  public SerializationSettings {
    allow = List.copyOf(allow);
    presets = List.copyOf(presets);
  }

  /**
   * Creates settings with learning and Java serialisation on.
   *
   * @param allow class names and patterns that are allowed
   * @param presets names of built-in lists to allow
   * @param maxDepth how deep an object graph may nest
   * @param maxReferences how many objects one value may hold
   * @param maxArrayLength how long an array may be, in elements
   * @param maxBytes how long one value may be, in bytes
   */
  public SerializationSettings(
      List<String> allow,
      List<String> presets,
      long maxDepth,
      long maxReferences,
      long maxArrayLength,
      long maxBytes) {
    this(
        allow,
        presets,
        /* learn= */ true,
        /* java= */ true,
        maxDepth,
        maxReferences,
        maxArrayLength,
        maxBytes);
  }
}
