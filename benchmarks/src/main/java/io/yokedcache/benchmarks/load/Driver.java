package io.yokedcache.benchmarks.load;

import com.sun.management.OperatingSystemMXBean;
import io.yokedcache.benchmarks.contender.Target;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Makes load on a target in this JVM, a slice at a time. For one thread. */
public final class Driver implements AutoCloseable {

  private static final long MAX_BYTES_OF_VALUES = 64L << 20;
  private static final long GRACE_SECONDS = 30;

  private final Target target;
  private final int maxKeys;
  private final Trace trace;
  private final OperatingSystemMXBean system =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
  private final List<Target> ownCaches = new ArrayList<>();
  private final List<Worker> workers = new ArrayList<>();
  private @Nullable KeyRange keys;
  private @Nullable ThreadFactory threads;
  private int filledBytes;

  /**
   * Creates the driver.
   *
   * @param target what to put under load; closed with this
   * @param maxKeys how many keys there are, at most: fewer if their values are large
   * @param trace what the workload {@code trace} replays
   */
  public Driver(Target target, int maxKeys, Trace trace) {
    this.target = target;
    this.maxKeys = maxKeys;
    this.trace = trace;
  }

  /**
   * Makes ready for slices of a cell: fills the cache with values of its size.
   *
   * @throws UnsupportedOperationException if the target, this Java or the lack of a trace does not
   *     allow it; the message says which
   */
  public void prepare(Cell cell) {
    Workload workload = cell.workload();
    if (workload.needsCache() && !target.isCache()) {
      throw new UnsupportedOperationException("Only a cache has " + workload.label());
    }
    if (workload == Workload.TRACE && trace.isEmpty()) {
      throw new UnsupportedOperationException("No trace was given");
    }
    threads = cell.threading().factory();
    KeyRange filled = fill(cell.valueBytes());
    workers.clear();
    int count = cell.threading().count();
    if (workload == Workload.REMOVE_PUT && count > filled.count()) {
      throw new UnsupportedOperationException(
          count + " threads need a key each, and there are " + filled.count());
    }
    for (int i = 0; i < count; i++) {
      Target own = workload == Workload.CLEAR ? ownCache(i) : target;
      workers.add(new Worker(cell, target, filled, trace, i, count, own));
    }
  }

  private Target ownCache(int index) {
    while (ownCaches.size() <= index) {
      ownCaches.add(target.another("own-" + ProcessHandle.current().pid() + "-" + nextOwn()));
    }
    return ownCaches.get(index);
  }

  private String nextOwn() {
    return ownCaches.size() + "-" + Integer.toHexString(System.identityHashCode(this));
  }

  private KeyRange fill(int valueBytes) {
    KeyRange current = keys;
    if (current != null && filledBytes == valueBytes) {
      return current;
    }
    int count = (int) Math.min(maxKeys, MAX_BYTES_OF_VALUES / valueBytes);
    KeyRange created = new KeyRange("key:", count, valueBytes);
    Map<String, byte[]> chunk = new HashMap<>();
    for (int key = 0; key < count; key++) {
      chunk.put(created.name(key), created.value(key));
      if (chunk.size() == Steps.BULK || key == count - 1) {
        target.putAll(chunk);
        chunk.clear();
      }
    }
    keys = created;
    filledBytes = valueBytes;
    return created;
  }

  /**
   * Makes the load for a while.
   *
   * @param millis how long; the last operation of each thread may go on for longer
   */
  public Slice run(long millis) throws InterruptedException, ExecutionException, TimeoutException {
    ThreadFactory factory = threads;
    if (factory == null) {
      throw new IllegalStateException("prepare comes first");
    }
    CountDownLatch start = new CountDownLatch(1);
    List<FutureTask<Void>> tasks = new ArrayList<>(workers.size());
    for (Worker worker : workers) {
      FutureTask<Void> task =
          new FutureTask<>(
              () -> {
                worker.run(start, TimeUnit.MILLISECONDS.toNanos(millis));
                return null;
              });
      tasks.add(task);
      factory.newThread(task).start();
    }
    long cpuBefore = system.getProcessCpuTime();
    start.countDown();
    for (FutureTask<Void> task : tasks) {
      task.get(millis + TimeUnit.SECONDS.toMillis(GRACE_SECONDS), TimeUnit.MILLISECONDS);
    }
    return collect(system.getProcessCpuTime() - cpuBefore);
  }

  private Slice collect(long cpuNanos) {
    Histogram all = Slice.newHistogram();
    long operations = 0;
    long wrong = 0;
    double perSecond = 0;
    for (Worker worker : workers) {
      all.add(worker.nanos());
      operations += worker.operations();
      wrong += worker.wrong();
      perSecond += worker.perSecond();
    }
    return new Slice(operations, perSecond, cpuNanos, wrong, all);
  }

  @Override
  public void close() {
    target.close();
  }
}
