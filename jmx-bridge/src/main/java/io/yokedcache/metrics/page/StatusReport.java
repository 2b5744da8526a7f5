package io.yokedcache.metrics.page;

import io.yokedcache.metrics.page.Target.Outcome;
import io.yokedcache.metrics.source.CacheReading;
import io.yokedcache.metrics.source.CacheSource;
import io.yokedcache.metrics.source.ConnectionReading;
import io.yokedcache.metrics.source.OperationReading;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The figures that the page shows, as JSON: a row for each cache, and the details of the selected
 * one. It keeps no history; the page subtracts what it was told before. Thread-safe.
 */
final class StatusReport {

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final List<Target> targets;

  /** Tells the page that counters begin anew, even if they happen to be higher than before. */
  private final String instance = UUID.randomUUID().toString();

  StatusReport(Map<String, CacheSource> sources) {
    ThreadPoolExecutor executor =
        new ThreadPoolExecutor(
            0,
            Math.max(1, 2 * sources.size()), // twice, as a thread may not be free yet that is done
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            task -> {
              Thread thread = new Thread(task, "yokedcache-status-page");
              thread.setDaemon(true);
              return thread;
            },
            new ThreadPoolExecutor.CallerRunsPolicy());
    List<Target> created = new ArrayList<>();
    sources.forEach((name, source) -> created.add(new Target(name, source, executor)));
    this.targets = List.copyOf(created);
  }

  /** Reads all targets at once and tells what they say. */
  String json(Query query) {
    long deadlineNanos = System.nanoTime() + PATIENCE_NANOS;
    List<Target.Reading> readings = targets.stream().map(Target::read).toList();
    List<Outcome> outcomes =
        readings.stream().map(reading -> reading.await(deadlineNanos)).toList();
    JsonWriter json = new JsonWriter();
    json.beginObject().name("instance").value(instance);
    writeTargets(json, outcomes);
    writeConnections(json, outcomes);
    writeOperations(json, outcomes);
    json.name("columns").beginArray();
    CacheRow.COLUMNS.forEach(json::value);
    json.endArray().name("rows").beginArray();
    for (int i = 0; i < outcomes.size(); i++) {
      for (CacheReading cache : outcomes.get(i).readings().caches()) {
        CacheRow.write(json, i, cache, query.operation());
      }
    }
    json.endArray().name("details");
    writeDetails(json, outcomes, query);
    return json.endObject().toString();
  }

  private void writeTargets(JsonWriter json, List<Outcome> outcomes) {
    json.name("targets").beginArray();
    for (int i = 0; i < outcomes.size(); i++) {
      Outcome outcome = outcomes.get(i);
      json.beginObject()
          .name("name")
          .value(targets.get(i).name())
          .name("up")
          .value(outcome.error() == null)
          .name("error")
          .value(outcome.error())
          .name("atMillis")
          .value(outcome.atMillis())
          .endObject();
    }
    json.endArray();
  }

  private static void writeConnections(JsonWriter json, List<Outcome> outcomes) {
    json.name("connections").beginArray();
    for (int i = 0; i < outcomes.size(); i++) {
      for (ConnectionReading connection : outcomes.get(i).readings().connections()) {
        json.beginObject()
            .name("target")
            .value(i)
            .name("manager")
            .value(connection.manager())
            .name("healthy")
            .value(connection.healthy())
            .name("pingNanos")
            .value(connection.pingNanos())
            .name("reconnects")
            .value(connection.reconnects())
            .name("poolActive")
            .value(connection.poolActive())
            .name("poolIdle")
            .value(connection.poolIdle())
            .name("poolWaiting")
            .value(connection.poolWaiting())
            .endObject();
      }
    }
    json.endArray();
  }

  /** The operations that some cache has run, from which the page lets choose. */
  private static void writeOperations(JsonWriter json, List<Outcome> outcomes) {
    Set<String> names = new LinkedHashSet<>();
    for (Outcome outcome : outcomes) {
      for (CacheReading cache : outcome.readings().caches()) {
        for (OperationReading operation : cache.operations()) {
          if (operation.count() > 0) {
            names.add(operation.operation());
          }
        }
      }
    }
    json.name("operations").beginArray();
    names.stream().sorted().forEach(json::value);
    json.endArray();
  }

  private void writeDetails(JsonWriter json, List<Outcome> outcomes, Query query) {
    Query.Selection selected = query.selected();
    if (selected != null) {
      for (int i = 0; i < outcomes.size(); i++) {
        if (targets.get(i).name().equals(selected.target())) {
          for (CacheReading cache : outcomes.get(i).readings().caches()) {
            if (cache.cache().equals(selected.cache())
                && cache.manager().equals(selected.manager())) {
              CacheDetails.write(json, i, cache);
              return;
            }
          }
        }
      }
    }
    json.value((String) null);
  }
}
