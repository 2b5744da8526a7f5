package io.yokedcache.jcache.internal.codec.key;

import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The hash code that a key class of Hibernate or of cache annotations stores in a serialised field.
 * It is not part of the key, because with an enum inside it differs between JVMs. It is computed
 * again when a key is read.
 *
 * <p>Hibernate computes it with the mapped types, which this codec does not have, so this class
 * repeats their formulas. The result is the same for ids of basic types, enums, arrays, and
 * components of them. It can differ for dates of java.util and java.sql and for user types: a key
 * of these types can have another hash code after it is read back. Only the iterator and events
 * read keys back, and Hibernate uses neither.
 */
@FunctionalInterface
interface CarriedHash {

  /** The name of the field in all these classes. */
  String FIELD = "hashCode";

  Map<String, CarriedHash> BY_CLASS =
      Map.of(
          "org.hibernate.cache.internal.BasicCacheKeyImplementation",
          fields -> part(fields.apply("id")),
          "org.hibernate.cache.internal.CacheKeyImplementation",
          fields -> 31 * part(fields.apply("id")) + Objects.hashCode(fields.apply("tenantId")),
          "org.hibernate.cache.internal.NaturalIdCacheKey",
          fields -> {
            // The tenant comes first; a missing tenant counts as zero.
            int tenant = Objects.hashCode(fields.apply("tenantId"));
            return chain(tenant, fields.apply("naturalIdValues"));
          },
          "org.hibernate.query.internal.QueryParameterBindingsImpl$ParameterBindingsMementoImpl",
          fields -> chain(0, fields.apply("values")),
          "org.jsr107.ri.annotations.DefaultGeneratedCacheKey",
          fields -> deepHash(fields.apply("parameters")),
          "io.micronaut.cache.interceptor.ParametersKey",
          fields -> deepHash(fields.apply("params")));

  /** The hash code of an object with these fields. */
  int hashOf(Function<String, @Nullable Object> fields);

  /** The hash code that a class stores, or {@code null} for other classes. */
  static @Nullable CarriedHash of(Class<?> type) {
    return BY_CLASS.get(type.getName());
  }

  private static int deepHash(@Nullable Object parameters) {
    return parameters instanceof Object[] array ? Arrays.deepHashCode(array) : 0;
  }

  private static int chain(int start, @Nullable Object values) {
    int hash = start;
    if (values instanceof Object[] array) {
      for (Object value : array) {
        hash = 37 * hash + part(value);
      }
      return hash;
    }
    return 37 * hash + part(values);
  }

  private static int part(@Nullable Object value) {
    if (value == null) {
      return 0;
    }
    if (value instanceof Object[] component) {
      // A composite id is hashed by its properties, as in Hibernate's ComponentType.
      return chain(17, component);
    }
    if (value instanceof BigDecimal decimal) {
      // Hibernate regards 1.0 and 1.00 as the same id.
      return decimal.intValue();
    }
    return value.getClass().isArray() ? primitives(value) : value.hashCode();
  }

  private static int primitives(Object array) {
    int hash = 1;
    int length = Array.getLength(array);
    for (int i = 0; i < length; i++) {
      hash = 31 * hash + Array.get(array, i).hashCode();
    }
    return hash;
  }
}
