package io.yokedcache.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import org.junit.jupiter.api.Test;

/** The command line of the examples, right and wrong. */
final class ArgumentsTest {

  @Test
  void parse_valuesFlagsAndRest() throws UsageException {
    Arguments arguments = parse("first", "--count", "7", "--flag");

    assertThat(arguments.positional(0)).isEqualTo("first");
    assertThat(arguments.positional(1)).isNull();
    assertThat(arguments.number("--count", 1, 0, 10)).isEqualTo(7);
    assertThat(arguments.number("--other", 3, 0, 10)).isEqualTo(3);
    assertThat(arguments.text("--other")).isNull();
    assertThat(arguments.has("--flag")).isTrue();
  }

  @Test
  void parse_wrong() {
    assertThatThrownBy(() -> parse("--what")).hasMessage("Unknown option --what");
    assertThatThrownBy(() -> parse("a", "b")).hasMessage("Unexpected argument b");
    assertThatThrownBy(() -> parse("--count")).hasMessage("--count needs a value");
  }

  @Test
  void number_wrong() {
    assertThatThrownBy(() -> parse("--count", "11").number("--count", 1, 0, 10))
        .hasMessage("--count must be a whole number from 0 to 10, not 11");
    assertThatThrownBy(() -> parse("--count", "x").number("--count", 1, 0, 10))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("not x");
  }

  @Test
  void uri_wrong_hidesThePassword() {
    assertThatThrownBy(() -> Arguments.uri("redis://:secret@host name"))
        .isInstanceOf(UsageException.class)
        .hasMessageNotContaining("secret")
        .hasNoCause();
  }

  private static Arguments parse(String... args) throws UsageException {
    return new Arguments(args, Set.of("--count", "--other"), Set.of("--flag"), 1);
  }
}
