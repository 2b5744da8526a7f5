package io.yokedcache.jcache.internal.codec;

import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** Classes that the codec tests encode, and settings to do it with. */
public final class Samples {

  private Samples() {}

  /** An enum with a constant that has a class of its own. */
  public enum Color {
    RED,
    GREEN {
      @Override
      String nickname() {
        return "leaf";
      }
    };

    String nickname() {
      return name();
    }
  }

  /** A record that is not Serializable. */
  public record Pair(@Nullable Object left, @Nullable Object right) {}

  /** A record that refuses some components. */
  public record Positive(long value) implements Serializable {
    public Positive {
      if (value <= 0) {
        throw new IllegalArgumentException(value + " is not positive");
      }
    }
  }

  /** The superclass has a field of the same name as its subclass. */
  public static class Base implements Serializable {
    private static final long serialVersionUID = 1L;
    private final int number;

    public Base(int number) {
      this.number = number;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Base that && getClass() == that.getClass() && number == that.number;
    }

    @Override
    public int hashCode() {
      return number;
    }
  }

  /** A value class with final, primitive, shared, transient and collection fields. */
  public static final class OrderId extends Base {
    private static final long serialVersionUID = 1L;
    private final @Nullable String zone;
    private final char number;
    private final boolean express;
    private final double weight;
    private final float ratio;
    private final byte small;
    private final short medium;
    private final long large;
    private final @Nullable Color color;
    private final CopyOnWriteArrayList<Object> parts;
    private final transient int cached;
    private final SortedSet<String> tags;

    public OrderId(
        int number,
        @Nullable String zone,
        @Nullable Color color,
        List<?> parts,
        SortedSet<String> tags) {
      super(number);
      this.zone = zone;
      this.number = (char) number;
      this.express = number % 2 == 0;
      this.weight = number / 3.0;
      this.ratio = number / 7.0f;
      this.small = (byte) number;
      this.medium = (short) number;
      this.large = number * 1_000_000_007L;
      this.color = color;
      this.parts = new CopyOnWriteArrayList<>(parts);
      this.cached = System.identityHashCode(this);
      this.tags = tags;
    }

    public int cached() {
      return cached;
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return super.equals(other)
          && other instanceof OrderId that
          && Objects.equals(zone, that.zone)
          && number == that.number
          && express == that.express
          && Double.compare(weight, that.weight) == 0
          && Float.compare(ratio, that.ratio) == 0
          && small == that.small
          && medium == that.medium
          && large == that.large
          && color == that.color
          && parts.equals(that.parts)
          && tags.equals(that.tags);
    }

    @Override
    public int hashCode() {
      return Objects.hash(super.hashCode(), zone, parts, tags);
    }
  }

  /** Recomputes a transient field when it is read, as Spring's SimpleKey does. */
  public static final class Rehashing implements Serializable {
    private static final long serialVersionUID = 1L;
    private final Object[] params;
    private transient int hashCode;

    public Rehashing(Object... params) {
      this.params = params.clone();
      this.hashCode = Arrays.deepHashCode(params);
    }

    private void readObject(ObjectInputStream in) throws IOException, ClassNotFoundException {
      in.defaultReadObject();
      hashCode = Arrays.deepHashCode(params);
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Rehashing that && Arrays.deepEquals(params, that.params);
    }

    @Override
    public int hashCode() {
      return hashCode;
    }
  }

  /** Has a form of its own, which only Java serialisation knows. */
  public static final class Custom implements Serializable {
    private static final long serialVersionUID = 1L;
    private final String text;

    public Custom(String text) {
      this.text = text;
    }

    private void writeObject(ObjectOutputStream out) throws IOException {
      out.defaultWriteObject();
    }

    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Custom that && text.equals(that.text);
    }

    @Override
    public int hashCode() {
      return text.hashCode();
    }
  }

  /** Its state is in a superclass that does not serialise it. */
  public static final class Forgetful extends Plain implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  /** Cannot be serialised. */
  public static class Plain {
    final int number = 1;
  }

  /** Has a part that cannot be serialised. */
  public static final class Holder implements Serializable {
    private static final long serialVersionUID = 1L;
    final Object part;

    public Holder(Object part) {
      this.part = part;
    }
  }

  /** A list in a list in a list. */
  public static List<Object> nested(int depth) {
    List<Object> list = new ArrayList<>();
    for (int i = 1; i < depth; i++) {
      List<Object> outer = new ArrayList<>();
      outer.add(list);
      list = outer;
    }
    return list;
  }
}
