package io.yokedcache.benchmarks;

import io.yokedcache.benchmarks.contender.ContenderSpec;
import io.yokedcache.benchmarks.contender.Servers;
import io.yokedcache.benchmarks.load.Cell;
import io.yokedcache.benchmarks.load.Driver;
import io.yokedcache.benchmarks.load.Slice;
import io.yokedcache.benchmarks.load.Trace;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A contestant in this JVM. */
final class LocalContestant implements Contestant {

  private static final Logger logger = LoggerFactory.getLogger(LocalContestant.class);

  private final String label;
  private final Driver driver;

  LocalContestant(ContenderSpec spec, String name, Servers servers, int keys, Trace trace) {
    this.label = spec.label();
    this.driver = new Driver(spec.open(name, servers), keys, trace);
  }

  @Override
  public String label() {
    return label;
  }

  @Override
  public boolean prepare(Cell cell) {
    try {
      driver.prepare(cell);
      return true;
    } catch (UnsupportedOperationException e) {
      logger.warn("{} does not take part in {}: {}", label, cell, e.getMessage());
      return false;
    }
  }

  @Override
  public Slice run(long millis) throws ContestantException, InterruptedException {
    try {
      return driver.run(millis);
    } catch (ExecutionException | TimeoutException e) {
      throw new ContestantException(label + " failed: " + e, e);
    }
  }

  @Override
  public void close() {
    driver.close();
  }
}
