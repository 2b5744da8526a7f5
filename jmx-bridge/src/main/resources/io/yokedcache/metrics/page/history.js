// The server tells sums since the start and remembers nothing; what happened between two readings is
// worked out here by subtraction.

import { difference, percentile, total } from "./cells.js";

const MAX_SAMPLES = 3600;
const WIRE = new Set(["queue", "network", "codec"]);

/** Whether a timer is a phase of others rather than an operation of its own. */
export const isPhase = (operation) => WIRE.has(operation);

/** Growth per second; null if unknown or if the counter began anew. */
function perSecond(now, before, seconds) {
  return typeof now === "number" && typeof before === "number" && now >= before && seconds > 0
    ? (now - before) / seconds
    : null;
}

/** Rates of all caches between the last two readings of each. */
export class RowRates {
  #before = new Map();

  /** Adds getsPerSecond, putsPerSecond and so on to each row. */
  apply(rows, targets, instance) {
    const seen = new Map();
    for (const row of rows) {
      const atMillis = targets[row.target].atMillis;
      const old = this.#before.get(row.key);
      const gets = row.hits === null || row.misses === null ? null : row.hits + row.misses;
      const now = { instance, atMillis, gets, hits: row.hits, puts: row.puts, errors: row.errors };
      if (row.isStale) {
        row.rates = {};
      } else if (!old || old.instance !== instance) {
        now.rates = {};
        row.rates = now.rates;
      } else if (old.atMillis === atMillis) {
        now.rates = old.rates; // the server answered two requests with one reading
        row.rates = old.rates;
        seen.set(row.key, old);
        continue;
      } else {
        const seconds = (atMillis - old.atMillis) / 1000;
        now.rates = {
          gets: perSecond(gets, old.gets, seconds),
          hits: perSecond(row.hits, old.hits, seconds),
          puts: perSecond(row.puts, old.puts, seconds),
          errors: perSecond(row.errors, old.errors, seconds),
        };
        row.rates = now.rates;
      }
      seen.set(row.key, row.isStale && old ? old : now);
    }
    this.#before = seen; // caches that are gone are forgotten
  }
}

/** What one cache did, interval by interval, while the page looked at it. */
export class CacheHistory {
  samples = [];
  /** The last two readings' cells of each operation, subtracted. */
  intervalCells = new Map();
  latest = null;
  #instance = null;
  #atMillis = 0;
  /** Operations in the order in which they got their colours, which they keep. */
  operationOrder = [];

  /**
   * Takes in a reading.
   *
   * @param details as the server tells them
   * @param atMillis of the reading, on the server's clock
   * @param instance other if the server was restarted
   * @param now on the browser's clock, for the axis
   * @param patience how far apart, in ms, two readings may be for a line to join them
   */
  add(details, atMillis, instance, now, patience) {
    const before = this.latest;
    const isContinued = before !== null && this.#instance === instance;
    if (isContinued && atMillis === this.#atMillis) {
      return;
    }
    const seconds = (atMillis - this.#atMillis) / 1000;
    this.latest = details;
    this.#instance = instance;
    this.#atMillis = atMillis;
    this.#orderOperations(details);
    if (!isContinued) {
      this.intervalCells = new Map();
      this.samples.push({ time: now, isFirst: true, isGap: true, rates: {}, latencies: {}, errors: {}, hitRate: null });
      return;
    }
    this.samples.push(this.#sample(details, before, seconds, now, patience));
    if (this.samples.length > MAX_SAMPLES) {
      this.samples.shift();
    }
  }

  #sample(details, before, seconds, now, patience) {
    const hits = perSecond(details.counters.hits, before.counters.hits, seconds);
    const misses = perSecond(details.counters.misses, before.counters.misses, seconds);
    const sample = {
      time: now,
      isGap: seconds * 1000 > patience,
      hitRate: hits !== null && misses !== null && hits + misses > 0 ? hits / (hits + misses) : null,
      rates: {},
      latencies: {},
      errors: {},
    };
    this.intervalCells = new Map();
    for (const operation of details.operations) {
      const old = before.operations.find((other) => other.operation === operation.operation)
        ?? { count: 0, sumNanos: 0, errors: {}, cells: operation.cells?.map(() => 0) };
      this.#addOperation(sample, operation, old, seconds);
    }
    if (details.operations.length === 0) {
      this.#addStatistics(sample, details, before, seconds);
    }
    return sample;
  }

  #addOperation(sample, operation, old, seconds) {
    const name = operation.operation;
    sample.rates[name] = perSecond(operation.count, old.count, seconds);
    for (const [type, count] of Object.entries(operation.errors)) {
      const grown = perSecond(count, old.errors[type] ?? 0, seconds);
      if (grown !== null) {
        sample.errors[type] = (sample.errors[type] ?? 0) + grown;
      }
    }
    const cells = operation.cells ? difference(operation.cells, old.cells) : null;
    if (cells !== null && total(cells) > 0) {
      this.intervalCells.set(name, cells);
      const at = (share) =>
        percentile(operation.boundsNanos, cells, share, operation.maxNanos);
      sample.latencies[name] = { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
    } else if (operation.count > old.count) {
      sample.latencies[name] = {
        mean: (operation.sumNanos - old.sumNanos) / (operation.count - old.count),
      };
    }
  }

  /** A provider that has only what JSR-107 asks for. */
  #addStatistics(sample, details, before, seconds) {
    const gets = ({ hits, misses }) =>
      hits === undefined || misses === undefined ? undefined : hits + misses;
    sample.rates.get = perSecond(gets(details.counters), gets(before.counters), seconds);
    sample.rates.put = perSecond(details.counters.puts, before.counters.puts, seconds);
    sample.rates.remove = perSecond(details.counters.removals, before.counters.removals, seconds);
    for (const [name, micros] of Object.entries(details.averageMicros)) {
      if (micros > 0) {
        sample.latencies[name] = { mean: micros * 1000 };
      }
    }
  }

  #orderOperations(details) {
    const names = details.operations.length === 0
      ? ["get", "put", "remove"]
      : [...details.operations]
        .filter((operation) => !isPhase(operation.operation))
        .sort((one, other) => other.count - one.count)
        .map((operation) => operation.operation);
    for (const name of names) {
      if (!this.operationOrder.includes(name)) {
        this.operationOrder.push(name);
      }
    }
  }
}
