package io.yokedcache.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.results.RunResult;
import picocli.CommandLine;

/** Runs each JMH benchmark for a moment; no figure is asserted. */
final class PiecesIT {

  @Test
  void run_everyBenchmark() throws Exception {
    Pieces pieces = new Pieces();
    new CommandLine(pieces).parseArgs("--quick");

    List<RunResult> results = pieces.run();

    assertThat(results.stream().map(result -> result.getParams().getBenchmark()))
        .map(name -> Stream.of(name.split("\\.")).toList().get(name.split("\\.").length - 2))
        .contains(
            "RecorderBenchmark",
            "CodecBenchmark",
            "OrderCodecBenchmark",
            "WrapperBenchmark",
            "PipelinedConnectionBenchmark",
            "SnapshotBenchmark",
            "RemoteBenchmark",
            "NearCacheBenchmark");
  }
}
