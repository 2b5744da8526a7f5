package io.yokedcache.jcache.internal.store.generation;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.store.keys.KeySpace;
import java.util.HashSet;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What a generation's key holds is read as it was written, and nothing else is taken for it. */
final class GenerationTest {

  private static final KeySpace NAMES = new KeySpace("yc", "orders", 1);
  private static final String FINGERPRINT = Generation.fingerprint("string to string");

  @Test
  void create_isParsed() {
    byte[] raw = Generation.create(FINGERPRINT);

    Generation generation = parse(raw);

    assertThat(generation.fingerprint()).isEqualTo(FINGERPRINT);
    assertThat(generation.hasListeners()).isFalse();
    assertThat(generation.token()).hasSize(KeySpace.TOKEN_LENGTH);
    assertThat(generation.tokenText()).isEqualTo(new String(generation.token(), US_ASCII));
    assertThat(new String(generation.entryPrefix(), US_ASCII))
        .isEqualTo("yc:{orders#0}:" + generation.tokenText() + ":");
    assertThat(generation.is(raw.clone())).isTrue();
  }

  @Test
  void create_neverTheSame() {
    Set<String> tokens = new HashSet<>();
    for (int i = 0; i < 10_000; i++) {
      tokens.add(Generation.token(Generation.create(FINGERPRINT)));
    }
    assertThat(tokens).hasSize(10_000).allMatch(token -> token.matches("[A-Za-z0-9]{12}"));
  }

  @Test
  void fingerprint_ofOtherDescriptions() {
    assertThat(FINGERPRINT).hasSize(8).isEqualTo(Generation.fingerprint("string to string"));
    assertThat(FINGERPRINT).isNotEqualTo(Generation.fingerprint("string to long"));
  }

  @Test
  void hasListeners_withLease() {
    byte[] raw = Generation.create(FINGERPRINT);
    byte[] listened = (new String(raw, US_ASCII) + "v1700000000000").getBytes(US_ASCII);

    Generation generation = parse(raw);

    assertThat(parse(listened).hasListeners()).isTrue();
    assertThat(generation.is(listened)).isFalse();
    assertThat(generation.hasTokenOf(listened)).isTrue();
    assertThat(generation.hasTokenOf(Generation.create(FINGERPRINT))).isFalse();
    assertThat(generation.hasTokenOf(generation.token())).isFalse();
  }

  @Test
  void parse_somethingElse() {
    assertThat(Generation.parse(new byte[0], NAMES, 0)).isNull();
    assertThat(Generation.parse("counter:17".getBytes(US_ASCII), NAMES, 0)).isNull();
    assertThat(Generation.token("x".getBytes(US_ASCII))).isEqualTo("x");
  }

  private static Generation parse(byte[] raw) {
    return Objects.requireNonNull(Generation.parse(raw, NAMES, 0));
  }
}
