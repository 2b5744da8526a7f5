// The server tells sums since the start and remembers nothing. The page computes rates between two
// readings by subtraction.

import { difference, percentile, total } from "./cells.js";

const LONGEST_SPAN = 3_600_000;
const MEMORY_BYTES = 64 * 1024 * 1024;
const KEY_BYTES = 100; // of a cache in an index, roughly
const FIGURES = ["hits", "misses", "puts", "removals", "errors", "count", "sumNanos"];
const AT = FIGURES.length;
const COUNTS = AT + 1;

/** An object by names that others chose: "constructor" and "__proto__" are names as any. */
const byName = () => Object.create(null);

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

/**
 * The rows of all caches since the page was opened, so that a cache that is chosen has its past.
 * It takes a fixed amount of memory: an hour of a hundred caches at a reading every two seconds. With
 * more, every second reading is dropped again and again. Rates over the rest are exact, as the sums
 * since the start are kept.
 */
export class Past {
  #readings = [];
  #bytes = 0;

  /** Adds a reading and returns it, or the last one if the server has not read anew. */
  add(rows, { targets, instance, operations }, operation, time, patience) {
    const last = this.#readings.at(-1);
    const live = rows.filter((row) => !row.isStale);
    const isSame = last !== undefined && last.instance === instance && last.operation === operation
      && last.times.length === targets.length
      && targets.every(({ atMillis }, i) => last.times[i] === atMillis);
    if (isSame) {
      return last;
    }
    const hasSameKeys = last !== undefined && last.keys.length === live.length
      && live.every((row, i) => row.key === last.keys[i]);
    const keys = hasSameKeys ? last.keys : live.map((row) => row.key);
    const slots = hasSameKeys ? last.slots : new Map(keys.map((key, i) => [key, i]));
    const width = COUNTS + operations.length;
    const values = new Float64Array(live.length * width).fill(NaN);
    live.forEach((row, i) => {
      const start = i * width;
      FIGURES.forEach((name, j) => (values[start + j] = row[name] ?? NaN));
      values[start + AT] = targets[row.target].atMillis;
      row.counts?.forEach((count, j) => (values[start + COUNTS + j] = count));
    });
    const reading = {
      time, instance, operation, operations, keys, slots, values, width,
      times: targets.map(({ atMillis }) => atMillis),
      isGap: last === undefined || time - last.time > patience,
      bytes: values.byteLength + (hasSameKeys ? 0 : keys.length * KEY_BYTES),
    };
    this.#readings.push(reading);
    this.#bytes += reading.bytes;
    this.#forget(time);
    return reading;
  }

  #forget(now) {
    while (this.#readings[0].time < now - LONGEST_SPAN) {
      this.#bytes -= this.#readings.shift().bytes;
    }
    while (this.#bytes > MEMORY_BYTES && this.#readings.length > 4) {
      const newest = this.#readings.length - 1;
      const isKept = (i) => i % 2 === 0 || i === newest;
      this.#readings.forEach((reading, i) => {
        if (!isKept(i)) {
          this.#readings[i + 1].isGap ||= reading.isGap;
        }
      });
      this.#readings = this.#readings.filter((reading, i) => isKept(i));
      this.#bytes = this.#readings.reduce((sum, reading) => sum + reading.bytes, 0);
    }
  }

  /** Returns a sample of a cache for each reading: rates since the reading before. */
  samplesOf(key) {
    const samples = [];
    let before = null;
    let isGap = true;
    for (const reading of this.#readings) {
      isGap ||= reading.isGap;
      const slot = reading.slots.get(key);
      if (slot === undefined) {
        before = null;
        isGap = true;
        continue;
      }
      const now = rowOf(reading, slot);
      const isContinued = before !== null && before.instance === now.instance;
      if (isContinued && before.at === now.at) {
        continue; // another target's reading
      }
      samples.push(sample(now, isContinued ? before : null, isGap || !isContinued, reading.time));
      before = now;
      isGap = false;
    }
    return samples;
  }
}

function rowOf(reading, slot) {
  const { values, width, instance, operation, operations } = reading;
  const start = slot * width;
  const figure = (i) => (Number.isNaN(values[start + i]) ? null : values[start + i]);
  const row = { instance, operation, at: values[start + AT], counts: byName() };
  FIGURES.forEach((name, i) => (row[name] = figure(i)));
  operations.forEach((name, i) => (row.counts[name] = figure(COUNTS + i)));
  return row;
}

function sample(now, before, isGap, time) {
  const made = { time, isGap, hitRate: null, rates: byName(), latencies: byName(), errors: null, errorRate: null };
  if (before === null) {
    return made;
  }
  const seconds = (now.at - before.at) / 1000;
  const grown = (name) => perSecond(now[name], before[name], seconds);
  const [hits, misses] = [grown("hits"), grown("misses")];
  made.hitRate = hits !== null && misses !== null && hits + misses > 0 ? hits / (hits + misses) : null;
  made.errorRate = grown("errors");
  for (const [name, count] of Object.entries(now.counts)) {
    made.rates[name] = perSecond(count, before.counts[name] ?? (count === null ? null : 0), seconds);
  }
  if (Object.values(now.counts).every((count) => count === null)) {
    addStatistics(made, hits, misses, grown("puts"), grown("removals"));
  }
  const times = now.operation === before.operation ? now.count - before.count : 0;
  if (times > 0 && now.sumNanos >= before.sumNanos) {
    made.latencies[now.operation] = { mean: (now.sumNanos - before.sumNanos) / times };
  }
  return made;
}

/** A provider that has only what JSR-107 asks for. */
function addStatistics(made, hits, misses, puts, removals) {
  made.rates.get = hits === null || misses === null ? null : hits + misses;
  made.rates.put = puts;
  made.rates.remove = removals;
}

/** The samples of a chosen cache: in detail while it was the chosen one, from its rows before. */
export class CacheHistory {
  #past;
  #key;
  #detailed = [];
  #instance = null;
  #atMillis = 0;
  #time = 0;
  /** The last two readings' cells of each operation, subtracted. */
  intervalCells = new Map();
  latest = null;
  /** Operations in the order in which they got their colours, which they keep. */
  operationOrder = [];

  constructor(key, past) {
    this.#key = key;
    this.#past = past;
  }

  /** All samples, the oldest first. */
  get samples() {
    const byTime = new Map(this.#past.samplesOf(this.#key).map((made) => [made.time, made]));
    for (const made of this.#detailed) {
      byTime.set(made.time, made);
    }
    return [...byTime.values()].sort((one, other) => one.time - other.time);
  }

  /**
   * Takes in a reading.
   *
   * @param details as the server tells them
   * @param atMillis of the reading, on the server's clock
   * @param instance other if the server was restarted
   * @param time on the browser's clock, for the axis
   * @param patience how far apart, in ms, two readings may be for a line to join them
   */
  add(details, atMillis, instance, time, patience) {
    const before = this.latest;
    const isKnown = before !== null && this.#instance === instance;
    if (isKnown && atMillis === this.#atMillis) {
      return;
    }
    const isContinued = isKnown && atMillis > this.#atMillis && time - this.#time <= patience;
    const seconds = (atMillis - this.#atMillis) / 1000;
    this.latest = details;
    this.#instance = instance;
    this.#atMillis = atMillis;
    this.#time = time;
    this.#orderOperations(details);
    this.intervalCells = new Map();
    if (isContinued) {
      this.#detailed.push(this.#sample(details, before, seconds, time));
      while (this.#detailed[0].time < time - LONGEST_SPAN) {
        this.#detailed.shift();
      }
    }
  }

  #sample(details, before, seconds, time) {
    const grown = (name) => perSecond(details.counters[name], before.counters[name], seconds);
    const [hits, misses] = [grown("hits"), grown("misses")];
    const made = {
      time,
      isGap: false,
      hitRate: hits !== null && misses !== null && hits + misses > 0 ? hits / (hits + misses) : null,
      rates: byName(),
      latencies: byName(),
      errors: byName(),
      errorRate: null,
    };
    for (const operation of details.operations) {
      const old = before.operations.find((other) => other.operation === operation.operation)
        ?? { count: 0, sumNanos: 0, cells: operation.cells?.map(() => 0) };
      this.#addOperation(made, operation, old, seconds);
    }
    for (const [type, count] of Object.entries(details.errors ?? {})) {
      made.errors[type] = perSecond(count, Object.hasOwn(before.errors ?? {}, type) ? before.errors[type] : 0, seconds);
    }
    if (details.operations.length === 0) {
      addStatistics(made, hits, misses, grown("puts"), grown("removals"));
      for (const [name, micros] of Object.entries(details.averageMicros)) {
        if (micros > 0) {
          made.latencies[name] = { mean: micros * 1000 };
        }
      }
    }
    return made;
  }

  #addOperation(made, operation, old, seconds) {
    const name = operation.operation;
    made.rates[name] = perSecond(operation.count, old.count, seconds);
    const cells = operation.cells ? difference(operation.cells, old.cells) : null;
    if (cells !== null && total(cells) > 0) {
      this.intervalCells.set(name, cells);
      const at = (share) =>
        percentile(operation.boundsNanos, cells, share, operation.maxNanos);
      made.latencies[name] = { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
    } else if (operation.count > old.count) {
      made.latencies[name] = {
        mean: (operation.sumNanos - old.sumNanos) / (operation.count - old.count),
      };
    }
  }

  #orderOperations(details) {
    const names = details.operations.length === 0
      ? ["get", "put", "remove"]
      : [...details.operations]
        .filter((operation) => !operation.isPhase)
        .sort((one, other) => other.count - one.count)
        .map((operation) => operation.operation);
    for (const name of names) {
      if (!this.operationOrder.includes(name)) {
        this.operationOrder.push(name);
      }
    }
  }
}
