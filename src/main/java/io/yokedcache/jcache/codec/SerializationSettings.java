package io.yokedcache.jcache.codec;

import java.util.List;

/**
 * The classes that Java deserialisation may read, and the limits of one value.
 *
 * @param allow class names and patterns that are allowed besides the built-in ones: {@code
 *     com.acme.Order}, {@code com.acme.*} (one package) or {@code com.acme.**} (with its
 *     subpackages)
 * @param presets names of built-in lists to allow: {@code hibernate}, {@code spring}
 * @param learn whether the same JVM may read back classes that the application puts into a cache
 * @param java whether Java serialisation may be used at all
 * @param maxDepth the greatest nesting of an object graph, in levels
 * @param maxReferences the most objects that one value may hold
 * @param maxArrayLength the greatest length of an array, in elements
 * @param maxBytes the greatest length of one value, in bytes
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
   * @param maxDepth the greatest nesting of an object graph, in levels
   * @param maxReferences the most objects that one value may hold
   * @param maxArrayLength the greatest length of an array, in elements
   * @param maxBytes the greatest length of one value, in bytes
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
   * @param maxDepth the greatest nesting of an object graph, in levels
   * @param maxReferences the most objects that one value may hold
   * @param maxArrayLength the greatest length of an array, in elements
   * @param maxBytes the greatest length of one value, in bytes
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
