package io.yokedcache.jcache.codec;

/** The shapes that were computed, each kept beside its class and collected with it. */
final class ShapeCache {

  static final ClassValue<ClassShape> SHAPES =
      new ClassValue<>() {
        @Override
        protected ClassShape computeValue(Class<?> type) {
          return type.isRecord() ? RecordShape.of(type) : ValueShape.of(type);
        }
      };

  private ShapeCache() {}
}
