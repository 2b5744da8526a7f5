package io.yokedcache.jcache.codec;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import io.yokedcache.jcache.codec.CodecException.Reason;
import java.math.BigDecimal;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.util.BufferRecycler;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.ser.std.StdSerializer;

/** JSON of declared types, which the data cannot extend. */
final class JsonCodecTest {

  record Item(String name, BigDecimal price) {}

  record Order(long id, Instant placed, LocalDate due, Duration grace, List<Item> items) {}

  /** Has the form of a bean and refers to others of its kind. */
  public static class Node {
    public String name = "";
    public @Nullable Node next;
  }

  /** Would be read back as a {@link Node}. */
  public static final class Leaf extends Node {
    public int weight = 1;
  }

  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Circle.class, name = "circle"),
    @JsonSubTypes.Type(value = Square.class, name = "square")
  })
  sealed interface Shape {}

  record Circle(int radius) implements Shape {}

  record Square(int side) implements Shape {}

  /** Lets the data name a class. */
  @JsonTypeInfo(use = JsonTypeInfo.Id.CLASS)
  interface Anything {}

  static final class Orders extends JsonCodec<List<Order>> {}

  private static final Order ORDER =
      new Order(
          7,
          Instant.parse("2026-11-28T12:00:00.123456789Z"),
          LocalDate.of(2026, 12, 24),
          Duration.ofMinutes(90),
          List.of(new Item("Æpfel", new BigDecimal("1.10"))));

  private static final String JSON =
      """
      {"id":7,"placed":"2026-11-28T12:00:00.123456789Z","due":"2026-12-24","grace":"PT1H30M",\
      "items":[{"name":"Æpfel","price":1.10}]}\
      """;

  private final JsonCodec<Order> codec = new JsonCodec<>(Order.class);

  @Test
  void recordWithTimesAndLists_isReadableText() {
    assertThat(new String(codec.encode(ORDER), UTF_8)).isEqualTo(JSON);
    assertThat(codec.decode(JSON.getBytes(UTF_8))).isEqualTo(ORDER);
    assertThat(codec.id()).isEqualTo("json");
  }

  @Test
  void genericType_namedBySubclass() {
    JsonCodec<List<Order>> anonymous = new JsonCodec<>() {};

    byte[] bytes = new Orders().encode(List.of(ORDER));

    assertThat(anonymous.decode(bytes)).containsExactly(ORDER);
    assertThat(new Orders().decode(anonymous.encode(new ArrayList<>(List.of(ORDER)))))
        .containsExactly(ORDER);
  }

  @Test
  void subclassOfSubclass_namesNoType() {
    class Further extends Named {}

    assertThatThrownBy(Further::new)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("does not name the type");
  }

  private static class Named extends JsonCodec<Order> {}

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "more than it has    | {'name':'x','price':1,'colour':'red'} | WRONG_TYPE",
        "less than it has    | {'name':'x'}                          | WRONG_TYPE",
        "another type        | {'name':'x','price':[]}               | WRONG_TYPE",
        "a list              | []                                    | WRONG_TYPE",
        "nothing             | null                                  | DAMAGED",
        "no bytes            | ''                                    | WRONG_TYPE",
        "half of it          | {'name':'secret                       | DAMAGED",
        "something behind it | {'name':'x','price':1} 2              | WRONG_TYPE"
      })
  void otherJson_isNotDecoded(String what, String json, Reason reason) {
    byte[] bytes = ("''".equals(json) ? "" : json).replace('\'', '"').getBytes(UTF_8);

    assertThatThrownBy(() -> new JsonCodec<>(Item.class).decode(bytes))
        .as(what)
        .isInstanceOf(CodecException.class)
        .hasMessageNotContaining("secret")
        .extracting(e -> ((CodecException) e).reason())
        .isEqualTo(reason);
  }

  @Test
  void subclass_isRefusedAtOnce() {
    JsonCodec<Node> nodes = new JsonCodec<>(Node.class);

    assertThatThrownBy(() -> nodes.encode(new Leaf()))
        .isInstanceOf(CodecException.class)
        .hasMessageContaining("Leaf")
        .hasMessageContaining("@JsonTypeInfo");
  }

  @Test
  void namedSubtypes_areToldApart() {
    JsonCodec<Shape> shapes = new JsonCodec<>(Shape.class);

    assertThat(shapes.decode(shapes.encode(new Circle(3)))).isEqualTo(new Circle(3));
    assertThat(shapes.decode(shapes.encode(new Square(4)))).isEqualTo(new Square(4));
  }

  @Test
  void classNamedByTheData_isNotBuilt() {
    JsonCodec<Anything> anything = new JsonCodec<>(Anything.class);
    String json = "{\"@class\":\"" + Loud.class.getName() + "\"}";

    assertThatThrownBy(() -> anything.decode(json.getBytes(UTF_8)))
        .isInstanceOf(CodecException.class);
    assertThat(Loud.BUILT).hasValue(0);
  }

  /** Notices that it is built. */
  public static final class Loud implements Anything {
    private static final AtomicInteger BUILT = new AtomicInteger();

    public Loud() {
      BUILT.incrementAndGet();
    }
  }

  @Test
  void depth_isLimitedBothWays() {
    JsonCodec<Node> nodes = new JsonCodec<>(Node.class);
    Node cycle = new Node();
    cycle.next = cycle;
    String deep = "{\"next\":".repeat(100_000);

    assertThatThrownBy(() -> nodes.encode(cycle)).isInstanceOf(CodecException.class);
    assertThatThrownBy(() -> nodes.decode(deep.getBytes(UTF_8)))
        .isInstanceOf(CodecException.class)
        .extracting(e -> ((CodecException) e).reason())
        .isEqualTo(Reason.LIMIT);
  }

  @Test
  void digits_areLimited() {
    String json = "{\"name\":\"x\",\"price\":" + "1".repeat(100_000) + "}";

    assertThatThrownBy(() -> new JsonCodec<>(Item.class).decode(json.getBytes(UTF_8)))
        .isInstanceOf(CodecException.class)
        .extracting(e -> ((CodecException) e).reason())
        .isEqualTo(Reason.LIMIT);
  }

  @Test
  void ownMapper_decides() {
    JsonCodec<Map<String, Integer>> codec =
        new JsonCodec<>(
            JsonCodec.mapperBuilder(/* loader= */ null, /* maxDepth= */ 2).build(), Map.class);

    assertThat(codec.decode("{\"a\":1}".getBytes(UTF_8))).isEqualTo(Map.of("a", 1));
  }

  /** Has components of all primitive types. */
  record Primitives(boolean flag, byte b, short s, char c, int i, long l, float f, double d) {}

  /** Is created by a factory method with properties. */
  static final class Point {
    private final int x;
    private final int y;

    private Point(int x, int y) {
      this.x = x;
      this.y = y;
    }

    @JsonCreator
    static Point of(@JsonProperty("x") int x, @JsonProperty("y") int y) {
      return new Point(x, y);
    }

    public int getX() {
      return x;
    }

    public int getY() {
      return y;
    }
  }

  /** Has no constructor that Jackson can call, as a data class of Kotlin without its module. */
  abstract static class Word {
    public String text = "";
  }

  /** Is written by a module that is on the class path. */
  record Foreign(Thread.State state, int priority) {}

  /** Found by the service loader, as a module for a language. */
  public static final class ForeignModule extends SimpleModule {
    private static final long serialVersionUID = 1;

    public ForeignModule() {
      addSerializer(
          Foreign.class,
          new StdSerializer<Foreign>(Foreign.class) {
            @Override
            public void serialize(Foreign value, JsonGenerator out, SerializationContext context) {
              out.writeString(value.state() + "/" + value.priority());
            }
          });
    }
  }

  /** Refuses some values. */
  record Positive(int number, String name) {
    Positive {
      if (number <= 0) {
        throw new IllegalArgumentException("secret " + number);
      }
    }
  }

  @Test
  void primitives_areBuilt() {
    JsonCodec<Primitives> primitives = new JsonCodec<>(Primitives.class);
    Primitives value =
        new Primitives(true, (byte) 1, (short) 2, 'c', 3, Long.MIN_VALUE, 0.5F, 0.25);

    assertThat(primitives.decode(primitives.encode(value))).isEqualTo(value);
  }

  @Test
  void factoryMethod_isCalled() {
    JsonCodec<Point> points = new JsonCodec<>(Point.class);

    Point decoded = points.decode(points.encode(Point.of(3, 4)));

    assertThat(decoded.getX()).isEqualTo(3);
    assertThat(decoded.getY()).isEqualTo(4);
  }

  @Test
  void constructorThatThrows_isNoValue() {
    JsonCodec<Positive> positive = new JsonCodec<>(Positive.class);

    assertThatThrownBy(() -> positive.decode("{\"number\":-1,\"name\":\"n\"}".getBytes(UTF_8)))
        .isInstanceOf(CodecException.class)
        .hasMessageNotContaining("secret")
        .extracting(e -> ((CodecException) e).reason())
        .isEqualTo(Reason.WRONG_TYPE);
  }

  /** Jackson adapts a handle for each object, which takes a quarter of the time of a record. */
  @Test
  void constructor_isCalledByThePreparedHandle() {
    JsonCodec<Positive> positive = new JsonCodec<>(Positive.class);

    assertThatThrownBy(() -> positive.decode("{\"number\":-1,\"name\":\"n\"}".getBytes(UTF_8)))
        .rootCause()
        .satisfies(
            refused ->
                assertThat(refused.getStackTrace())
                    .extracting(StackTraceElement::getClassName)
                    .anyMatch(name -> name.startsWith(PreparedCreators.class.getName())));
  }

  @Test
  void moduleOfTheClassPath_isUsed() {
    byte[] bytes = new JsonCodec<>(Foreign.class).encode(new Foreign(Thread.State.NEW, 5));

    assertThat(new String(bytes, UTF_8)).isEqualTo("\"NEW/5\"");
  }

  @Test
  void classWithoutConstructorForJackson_isNamedWithTheCure() {
    JsonCodec<Word> words = new JsonCodec<>(Word.class);

    for (String json : List.of("{\"text\":\"secret\"}", "\"secret\"")) {
      assertThatThrownBy(() -> words.decode(json.getBytes(UTF_8)))
          .hasMessageContainingAll("no rule for", "Word", "@JsonCreator", "jackson-module-kotlin")
          .hasMessageNotContaining("secret");
    }
  }

  @Test
  void buffers_areGivenBackAndNotShared() {
    JsonCodec<Order> other = new JsonCodec<>(Order.class);
    codec.decode(other.encode(ORDER));
    BufferRecycler first = BufferSlots.SHARED.acquireAndLinkPooled();
    BufferRecycler second = BufferSlots.SHARED.acquireAndLinkPooled();
    assertThat(second).isNotSameAs(first);

    first.releaseToPool();
    codec.decode(other.encode(ORDER));

    assertThat(BufferSlots.SHARED.acquirePooled()).isSameAs(first);
  }
}
