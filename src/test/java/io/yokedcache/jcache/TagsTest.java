package io.yokedcache.jcache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class TagsTest {

  @Test
  void of_repeated_once() {
    Tags tags = Tags.of("cart", "tenant-7", "cart");

    assertThat(tags.bytes()).hasSize(2);
    assertThat(tags)
        .isEqualTo(Tags.of(List.of("tenant-7", "cart")))
        .hasToString("[cart, tenant-7]");
    assertThat(tags).hasSameHashCodeAs(Tags.of("tenant-7", "cart")).isNotEqualTo(Tags.of("cart"));
  }

  @Test
  void of_anyText_inUtf8() {
    assertThat(Tags.of("ä\0{}:*").bytes().get(0).array())
        .isEqualTo("ä\0{}:*".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void of_limits() {
    List<String> most = IntStream.range(0, 64).mapToObj(i -> "tag" + i).toList();

    assertThat(Tags.of(most).bytes()).hasSize(64);
    assertThat(Tags.of("a".repeat(255)).bytes()).hasSize(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tags.of(IntStream.range(0, 65).mapToObj(i -> "tag" + i).toList()))
        .withMessage("An entry has 1 to 64 tags, and these are 65");
    assertThatIllegalArgumentException().isThrownBy(() -> Tags.of());
    assertThatIllegalArgumentException().isThrownBy(() -> Tags.of(""));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tags.of("ä".repeat(128)))
        .withMessage("A tag has 1 to 255 bytes in UTF-8, and one of 128 characters has 256");
  }

  /** They would all have the bytes of a question mark. */
  @Test
  void of_halfOfASurrogatePair_refused() {
    assertThat(Tags.of("\ud83d\ude00").bytes().get(0).length()).isEqualTo(4);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tags.of("a\ud800b"))
        .withMessage("A tag has half of a surrogate pair at index 1, and so is not text");
    assertThatIllegalArgumentException().isThrownBy(() -> Tags.of("\ude00\ud83d"));
    assertThatIllegalArgumentException().isThrownBy(() -> Tags.of("\ud83d"));
  }

  @Test
  @SuppressWarnings("NullAway") // null is what is tested
  void of_null() {
    assertThatNullPointerException().isThrownBy(() -> Tags.of("a", null)).withMessage("tag");
    assertThatNullPointerException().isThrownBy(() -> Tags.of((String[]) null));
  }
}
