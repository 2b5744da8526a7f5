package io.yokedcache.jcache.internal.codec.key;

import static org.assertj.core.api.Assertions.assertThat;

import io.yokedcache.jcache.internal.codec.FallbackPrinter;
import io.yokedcache.jcache.internal.codec.Samples;
import io.yokedcache.jcache.internal.codec.WarningPrinter;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What only another JVM can show. */
final class TwoJvmsTest {

  @Test
  void encode_inAnotherJvm_givesTheSameBytes() throws Exception {
    List<String> here = KeyPrinter.lines();
    List<String> there =
        OtherJvm.run(
            KeyPrinter.class,
            // All identity hash codes are 1 there, and so are those of enums.
            "-XX:+UnlockExperimentalVMOptions",
            "-XX:hashCode=2",
            "-Duser.language=tr",
            "-Duser.timezone=Asia/Tokyo");
    assertThat(here).hasSizeGreaterThan(100).doesNotHaveDuplicates();
    assertThat(there).filteredOn(line -> line.startsWith(KeyPrinter.PREFIX)).isEqualTo(here);
  }

  @Test
  void decode_withoutFilterOfTheJvm_passes() throws Exception {
    assertThat(OtherJvm.run(FallbackPrinter.class))
        .contains("canonical Base true", "canonical Pair true", "canonical Custom true")
        .contains("java Base true", "java Color true", "java Custom true", "auto Positive true");
  }

  @Test
  void decode_filterOfTheJvm_applies() throws Exception {
    String samples = Samples.class.getName();
    List<String> lines =
        OtherJvm.run(
            FallbackPrinter.class,
            "-Djdk.serialFilter=!"
                + samples
                + "$Base;!"
                + samples
                + "$Pair;!"
                + samples
                + "$Color");
    for (String refused : new String[] {"canonical Base", "canonical Pair", "java Base"}) {
      assertThat(lines)
          .anyMatch(line -> line.startsWith(refused) && line.contains("jdk.serialFilter"));
    }
    assertThat(lines).contains("canonical Custom true", "java Custom true");
    assertThat(lines).doesNotContain("canonical Color true", "java Color true");
  }

  /** Helidon has such a filter; otherwise each read would be a miss. */
  @Test
  void encode_filterOfTheJvm_refusesValuesThatCouldNotBeRead() throws Exception {
    List<String> lines = OtherJvm.run(FallbackPrinter.class, "-Djdk.serialFilter=!*");
    for (String value : List.of("java Base", "java Color", "java Custom", "auto Positive")) {
      assertThat(lines)
          .anyMatch(
              line ->
                  line.startsWith(value + " not written: ") && line.contains("jdk.serialFilter"));
    }
    assertThat(lines)
        .filteredOn(line -> line.startsWith("canonical "))
        .noneMatch(line -> line.contains("not written"));
  }

  @Test
  void encode_withoutCanonicalForm_warnsOncePerClass() throws Exception {
    assertThat(OtherJvm.run(WarningPrinter.class))
        .filteredOn(line -> line.contains("have no canonical form"))
        .hasSize(2)
        .anyMatch(line -> line.contains("Keys of class " + Samples.Custom.class.getName()))
        .anyMatch(line -> line.contains("Keys of class java.util.ArrayDeque"))
        .allMatch(line -> line.contains("set a key codec of your own"));
  }
}
