package io.yokedcache.metrics.page;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class JsonWriterTest {

  @Test
  void values_nested() {
    String json =
        JsonWriter.compact()
            .beginObject()
            .name("a")
            .beginArray()
            .value(1)
            .value(2.5)
            .beginObject()
            .endObject()
            .beginArray()
            .endArray()
            .endArray()
            .name("b")
            .value(true)
            .name("c")
            .value(Map.of("d", 7L))
            .endObject()
            .toString();
    assertThat(json).isEqualTo("{\"a\":[1,2.5,{},[]],\"b\":true,\"c\":{\"d\":7}}");
  }

  @Test
  void value_numbersThatJsonLacks() {
    JsonWriter json = JsonWriter.compact().beginArray();
    for (Number number :
        List.of(Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -0.5, 1e300)) {
      json.value(number);
    }
    json.value((Long) null).value((Boolean) null).value((String) null).value(Long.MIN_VALUE);
    assertThat(json.endArray())
        .hasToString("[null,null,null,-0.5,1.0E300,null,null,null,-9223372036854775808]");
  }

  @Test
  void value_wholeDouble_withoutFraction() {
    assertThat(JsonWriter.compact().beginArray().value(3.0).value(-0.0).value(1e15).endArray())
        .hasToString("[3,0,1.0E15]");
  }

  @Test
  void value_hostileText_isReadBackAsItWas() {
    for (String text :
        List.of(
            "</script><script>alert(1)</script>",
            "quote \" backslash \\ slash / apostrophe '",
            "line\nbreak\r\ttab\u0000\u001f\u007f",
            "ends like structure [",
            "{",
            ":",
            "",
            "ünïcödé 漢字 \uD83D\uDE00 \u2028\u2029",
            "half a pair \uD83D",
            "\uDE00 the other")) {
      String json = JsonWriter.compact().beginArray().value(text).value(text).endArray().toString();
      assertThat(Json.parse(json)).isEqualTo(List.of(text, text));
      assertThat(json).matches("[ -~]*");
    }
  }
}
