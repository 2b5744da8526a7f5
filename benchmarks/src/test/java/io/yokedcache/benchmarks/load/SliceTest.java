package io.yokedcache.benchmarks.load;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;

final class SliceTest {

  @Test
  void decode_whatWasEncoded() {
    Histogram nanos = Slice.newHistogram();
    nanos.recordValue(18_000);
    nanos.recordValue(2_000_000);

    Slice decoded = Slice.decode(new Slice(2, 1.5, 3, 4, nanos).encode());

    assertThat(decoded.operations()).isEqualTo(2);
    assertThat(decoded.perSecond()).isEqualTo(1.5);
    assertThat(decoded.cpuNanos()).isEqualTo(3);
    assertThat(decoded.wrong()).isEqualTo(4);
    Histogram read = requireNonNull(decoded.nanos());
    assertThat(read.getTotalCount()).isEqualTo(2);
    assertThat(read.getMaxValue()).isEqualTo(nanos.getMaxValue());
  }

  @Test
  void decode_withoutHistogram() {
    Slice slice = new Slice(2, 1.5, -1, 0, null);

    assertThat(Slice.decode(slice.encode())).isEqualTo(slice);
  }
}
