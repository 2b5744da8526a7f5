package io.yokedcache.jcache.internal.jmx;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;
import java.util.function.ToLongFunction;
import javax.management.openmbean.ArrayType;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.CompositeDataSupport;
import javax.management.openmbean.CompositeType;
import javax.management.openmbean.OpenDataException;
import javax.management.openmbean.OpenType;
import javax.management.openmbean.SimpleType;
import javax.management.openmbean.TabularData;
import javax.management.openmbean.TabularDataSupport;
import javax.management.openmbean.TabularType;

/**
 * Open types and open data of JMX, which clients read without a class of this provider. Types and
 * names equal those of an MXBean with the same getters.
 */
final class OpenData {

  static final ArrayType<?> LONGS = primitiveArray(SimpleType.LONG);
  static final ArrayType<?> DOUBLES = primitiveArray(SimpleType.DOUBLE);
  static final ArrayType<?> BOOLEANS = primitiveArray(SimpleType.BOOLEAN);
  static final ArrayType<?> STRINGS = arrayOf(SimpleType.STRING);
  static final TabularType LONG_BY_NAME = longByName();

  private static final String[] ENTRY = {"key", "value"};

  private OpenData() {}

  /**
   * One attribute of an MBean, or one item of composite data.
   *
   * @param className the class of its values, as JMX names it
   * @param description of an attribute; composite data shows the name in its place
   * @param read reads it from the source
   * @param <S> the source
   */
  record Item<S>(
      String name,
      OpenType<?> type,
      String className,
      String description,
      Function<S, Object> read) {

    static <S> Item<S> of(
        String name, OpenType<?> type, String description, Function<S, Object> read) {
      return new Item<>(name, type, type.getClassName(), description, read);
    }

    /** An item of composite data. */
    static <S> Item<S> of(String name, OpenType<?> type, Function<S, Object> read) {
      return of(name, type, name, read);
    }

    /** Returns the item of an object that the source of another item has. */
    <T> Item<T> from(Function<T, S> source) {
      return new Item<>(
          name, type, className, description, other -> read.apply(source.apply(other)));
    }

    /** Returns the item of composite data for an attribute: the name begins with a small letter. */
    Item<S> asComposite() {
      String small = Character.toLowerCase(name.charAt(0)) + name.substring(1);
      return new Item<>(small, type, className, description, read);
    }

    static <S> Item<S> ofLong(String name, String description, ToLongFunction<S> read) {
      return new Item<>(name, SimpleType.LONG, "long", description, read::applyAsLong);
    }

    static <S> Item<S> ofInt(String name, String description, ToIntFunction<S> read) {
      return new Item<>(name, SimpleType.INTEGER, "int", description, read::applyAsInt);
    }

    static <S> Item<S> ofDouble(String name, String description, ToDoubleFunction<S> read) {
      return new Item<>(name, SimpleType.DOUBLE, "double", description, read::applyAsDouble);
    }
  }

  /**
   * A composite type, and its data made of objects.
   *
   * @param <S> the objects
   */
  static final class Composite<S> {

    private final CompositeType type;
    private final String[] names;
    private final List<Item<S>> items;

    Composite(String name, List<Item<S>> items) {
      this.items = items;
      this.names = items.stream().map(Item::name).toArray(String[]::new);
      try {
        type =
            new CompositeType(
                name,
                name,
                names,
                /* itemDescriptions= */ names,
                items.stream().map(Item::type).toArray(OpenType<?>[]::new));
      } catch (OpenDataException e) {
        throw new IllegalStateException(e);
      }
    }

    CompositeType type() {
      return type;
    }

    CompositeData data(S source) {
      return composite(
          type, names, items.stream().map(item -> item.read().apply(source)).toArray());
    }

    /** The type of a table of such data, which is indexed by one of the items. */
    TabularType tableType(String name, String index) {
      try {
        return new TabularType(name, name, type, new String[] {index});
      } catch (OpenDataException e) {
        throw new IllegalStateException(e);
      }
    }

    TabularData table(TabularType tableType, List<S> sources) {
      TabularDataSupport table = new TabularDataSupport(tableType);
      table.putAll(data(sources));
      return table;
    }

    CompositeData[] data(List<S> sources) {
      return sources.stream().map(this::data).toArray(CompositeData[]::new);
    }
  }

  static TabularData table(TabularType type, Map<String, ?> values) {
    List<CompositeData> rows = new ArrayList<>(values.size());
    values.forEach(
        (key, value) -> rows.add(composite(type.getRowType(), ENTRY, new Object[] {key, value})));
    TabularDataSupport table = new TabularDataSupport(type);
    table.putAll(rows.toArray(CompositeData[]::new));
    return table;
  }

  static ArrayType<?> arrayOf(OpenType<?> element) {
    try {
      return new ArrayType<>(1, element);
    } catch (OpenDataException e) {
      throw new IllegalStateException(e);
    }
  }

  private static ArrayType<?> primitiveArray(SimpleType<?> element) {
    try {
      return new ArrayType<>(element, /* primitiveArray= */ true);
    } catch (OpenDataException e) {
      throw new IllegalStateException(e);
    }
  }

  private static TabularType longByName() {
    String name = "java.util.Map<java.lang.String, java.lang.Long>";
    String[] entry = {"key", "value"};
    try {
      CompositeType row =
          new CompositeType(
              name, name, entry, entry, new OpenType<?>[] {SimpleType.STRING, SimpleType.LONG});
      return new TabularType(name, name, row, new String[] {"key"});
    } catch (OpenDataException e) {
      throw new IllegalStateException(e);
    }
  }

  private static CompositeData composite(CompositeType type, String[] names, Object[] values) {
    try {
      return new CompositeDataSupport(type, names, values);
    } catch (OpenDataException e) {
      throw new IllegalStateException(e);
    }
  }
}
