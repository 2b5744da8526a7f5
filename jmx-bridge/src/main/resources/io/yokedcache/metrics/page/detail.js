// The selected cache: figures, charts over time, operations and errors.

import { percentile } from "./cells.js";
import { TimeChart } from "./chart.js";
import { el, fillTable, nameOf, optionsOf, setText } from "./dom.js";
import { age, bytes, count, duration, percent, rate, time, words } from "./format.js";
import { Histogram } from "./histogram.js";

const LOADING = "Loading…";
const COLLECTING = "Collecting: two readings make the first point.";
const MOST_LINES = 5; // the sixth colour is for the rest together
const SHORTEST_SPAN = 30_000;
const GAUGES = {
  uptimeSeconds: ["uptime", age],
  owedInvalidations: ["owed invalidations", count],
  owedInvalidationsAgeSeconds: ["oldest owed invalidation", age],
};

export class Detail {
  #section = document.getElementById("details");
  #name = el("h2", { id: "details-title", tabindex: "-1" });
  #origin = el("p", { class: "detail" });
  #old = el("p", { class: "note", role: "status", hidden: true });
  #operation = el("select", { id: "operation" });
  #facts = el("dl", { class: "facts" });
  #hitRate = new TimeChart({
    title: "Hit rate", subtitle: "part of gets that found an entry", format: percent, max: 1, empty: LOADING,
  });
  #throughput = new TimeChart({
    title: "Throughput", subtitle: "operations per second", format: (value) => rate(value), empty: LOADING,
  });
  #latency = new TimeChart({
    title: "Latency", subtitle: "", format: duration, scale: "log", empty: LOADING,
  });
  #histogram = new Histogram();
  #errors = new TimeChart({
    title: "Errors", subtitle: "failed operations per second, by type", format: (value) => rate(value), empty: LOADING,
  });
  #operations = el("table");
  #phases = el("table");
  #errorCounts = el("table");
  #errorCard;
  #key = null;
  #history = null;
  #row = null;
  /** The operation whose latency is shown, by cache. */
  #chosen = new Map();
  #span = 300_000;

  constructor() {
    this.#errorCard = this.#tableCard("Errors since start", this.#errorCounts);
    this.#errorCard.append(el("p", { class: "note" },
      "A failed load or write fails the operation around it, which is counted here too; the chart counts it once."));
    this.#section.append(
      el("div", { class: "head detail-head" },
        el("div", {}, this.#name, this.#origin),
        el("div", { class: "controls" }, el("label", {}, "Latency of ", this.#operation))),
      this.#old,
      this.#facts,
      el("div", { class: "charts" },
        this.#hitRate.root, this.#throughput.root, this.#latency.root, this.#histogram.root, this.#errors.root,
        this.#errorCard),
      this.#tableCard("Operations since start", this.#operations),
      this.#tableCard("Phases of operations since start", this.#phases));
    this.#operation.addEventListener("change", () => {
      this.#chosen.set(this.#key, this.#operation.value);
      this.#draw();
    });
  }

  #tableCard(title, table) {
    return el("div", { class: "card table-card" }, el("h3", {}, title),
      el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, table));
  }

  set span(millis) {
    this.#span = millis;
    this.#draw();
  }

  /** Shows a cache; its figures may still be on their way. */
  show(key, row, history) {
    this.#key = key;
    this.#history = history;
    this.#section.hidden = false;
    this.#name.replaceChildren(nameOf(row.cache));
    this.#origin.replaceChildren("Manager ", nameOf(row.manager, "–"),
      ...(row.targetName === "" ? [] : [" · target ", nameOf(row.targetName)]));
    if (history.latest === null) {
      this.#clear();
    }
    this.update(row);
  }

  /** Nothing of the cache that was shown before stays beside another one's name. */
  #clear() {
    delete this.#facts.dataset.names;
    this.#facts.replaceChildren(el("div", {}, el("dt", {}, "figures"), el("dd", {}, LOADING)));
    delete this.#operation.dataset.list;
    this.#operation.replaceChildren();
    for (const table of [this.#operations, this.#phases, this.#errorCounts]) {
      table.closest(".card").hidden = true;
    }
  }

  /**
   * Draws what has been added to the history.
   *
   * @param row as it was read last; null if the cache is no longer there
   */
  update(row) {
    const asOf = row ?? this.#row;
    this.#old.hidden = row !== null && !row.isStale;
    if (asOf !== null) {
      setText(this.#old, (row === null
        ? "This cache is no longer there."
        : `${row.targetName === "" ? "This JVM" : `Target ${row.targetName}`} cannot be read.`)
        + ` These figures are as of ${time(asOf.asOf)}.`);
    }
    this.#row = asOf;
    this.#draw();
  }

  get #isLive() {
    return this.#old.hidden;
  }

  #draw() {
    const history = this.#history;
    if (history === null) {
      return;
    }
    const details = history.latest;
    const samples = history.samples;
    const last = this.#isLive ? samples.at(-1) : undefined;
    if (details !== null) {
      this.#offerOperations(details);
    }
    this.#drawCharts(history, samples);
    if (details !== null) {
      this.#drawFacts(details, last);
      this.#drawOperations(details, last);
      this.#drawErrors(details);
    }
  }

  #offerOperations(details) {
    const names = details.operations.length === 0
      ? Object.keys(details.averageMicros)
      : [...details.operations].sort((one, other) => other.count - one.count).map(({ operation }) => operation);
    const chosen = this.#chosen.get(this.#key);
    const phases = details.operations.filter((one) => one.isPhase).map(({ operation }) => operation).sort();
    const isPhase = (name) => phases.includes(name);
    const value = names.includes(chosen) ? chosen : names.find((name) => !isPhase(name)) ?? names[0] ?? "";
    // In the order of names, so that a list that is open does not jump; made anew only if it changed.
    const sorted = [...names].sort();
    const list = JSON.stringify([sorted, phases]);
    if (this.#operation.dataset.list !== list) {
      this.#operation.dataset.list = list;
      this.#operation.replaceChildren(...optionsOf(sorted.filter((name) => !isPhase(name)), phases));
    }
    this.#operation.value = value;
    this.#operation.parentNode.hidden = details.operations.length === 0;
  }

  #drawCharts(history, samples) {
    const to = samples.at(-1)?.time ?? Date.now();
    const elapsed = to - (samples[0]?.time ?? to);
    const from = to - Math.min(this.#span, Math.max(SHORTEST_SPAN, elapsed));
    const seen = samples.filter((sample) => sample.time >= from);
    const times = seen.map((sample) => sample.time);
    const gaps = seen.map((sample) => sample.isGap);
    const draw = (chart, series) => chart.update({ times, gaps, series, from, to, isLive: this.#isLive });
    const waiting = samples.length === 0 ? LOADING : samples.length < 2 ? COLLECTING : null;
    draw(this.#hitRate, [{ name: "hit rate", tone: 1, values: seen.map((sample) => sample.hitRate) }]);
    this.#hitRate.setEmpty(waiting ?? "No gets in this time.");
    this.#throughput.setEmpty(waiting ?? "No operations in this time.");
    draw(this.#throughput, throughputSeries(seen, orderOf(history, seen)));
    this.#drawLatency(draw, seen, history, waiting);
    this.#drawErrorRates(draw, seen, history.latest, waiting);
  }

  #drawLatency(draw, seen, history, waiting) {
    const details = history.latest;
    const hasTimers = details !== null && details.operations.length > 0;
    const hasAverages = details !== null && !hasTimers && Object.keys(details.averageMicros).length > 0;
    const chosen = this.#operation.value;
    const operation = details?.operations.find((one) => one.operation === chosen) ?? null;
    const values = (name, figure) => seen.map((sample) => sample.latencies[name]?.[figure] ?? null);
    if (hasAverages) {
      this.#latency.setSubtitle("mean since start: this provider measures no percentiles");
      this.#latency.setEmpty("No durations were measured yet.");
      draw(this.#latency, Object.keys(details.averageMicros)
        .map((name, i) => ({ name, tone: i + 1, values: values(name, "mean") })));
    } else {
      const figures = operation === null || operation.cells ? ["p50", "p95", "p99"] : ["mean"];
      const series = figures.map((figure, i) => ({ name: figure, tone: i + 1, values: values(chosen, figure) }));
      const means = values(chosen, "mean");
      if (!figures.includes("mean") && means.some((value) => value !== null)) {
        series.push({ name: "mean, before", tone: 6, values: means }); // no rows have percentiles of an interval
      }
      this.#latency.setSubtitle(chosen === "" ? "" : `of ${chosen}, interval by interval (log scale)`);
      this.#latency.setEmpty(
        details === null ? LOADING : waiting ?? `No ${chosen === "" ? "operation" : chosen} in this time.`);
      draw(this.#latency, series);
    }
    this.#histogram.update(operation, history.intervalCells.get(chosen) ?? null,
      details === null ? LOADING : hasAverages
        ? "This provider measures averages only, as JSR-107 asks for, and no distribution."
        : "Nothing was timed yet.");
  }

  #drawErrorRates(draw, seen, details, waiting) {
    const counts = Object.entries(details?.errors ?? {});
    const types = counts.sort(([, one], [, other]) => other - one).map(([type]) => type);
    this.#errors.setEmpty(
      details === null ? LOADING
        : details.errors === null ? "This provider does not count errors."
          : types.length === 0 ? "✓ No operation has failed since start."
            : waiting ?? "No figures of this time.");
    // Of the time before the cache was chosen only the sum of all types is known.
    const of = (sample, type) =>
      sample.errors !== null ? sample.errors[type] ?? 0
        : types.length === 1 || sample.errorRate === 0 ? sample.errorRate : null;
    const shown = types.slice(0, MOST_LINES);
    const series = shown.map((type, i) => ({
      name: type, tone: i + 1, values: seen.map((sample) => of(sample, type)),
    }));
    if (types.length > MOST_LINES) {
      const rest = types.slice(MOST_LINES);
      series.push({
        name: "others", tone: 6,
        values: seen.map((sample) =>
          (sample.errors === null ? null : rest.reduce((sum, type) => sum + (sample.errors[type] ?? 0), 0))),
      });
    }
    const sums = seen.map((sample) => (sample.errors === null && sample.errorRate > 0 ? sample.errorRate : null));
    if (types.length > 1 && sums.some((value) => value !== null)) {
      series.push({ name: "all types, before", tone: 6, values: sums });
    }
    draw(this.#errors, series);
  }

  #drawFacts(details, last) {
    const { counters, gauges } = details;
    const gets = counters.hits + counters.misses;
    // Entries and size are counted now and then, so that they have an age.
    const counted = (text) =>
      gauges.keyStatisticsAgeSeconds === undefined ? text : `${text}, ${age(gauges.keyStatisticsAgeSeconds)} ago`;
    const facts = [
      ["hit rate now", percent(last?.hitRate)],
      ["hit rate since start", percent(gauges.hitRate ?? (gets > 0 ? counters.hits / gets : null))],
      ["entries", counted(count(gauges.keysCount))],
      ["size", counted(bytes(gauges.sizeBytes))],
    ];
    for (const [name, value] of Object.entries(counters)) {
      facts.push([words(name), count(value)]);
    }
    for (const [name, value] of Object.entries(gauges)) {
      if (!["hitRate", "keysCount", "sizeBytes", "keyStatisticsAgeSeconds"].includes(name)) {
        const [title, format] = Object.hasOwn(GAUGES, name) ? GAUGES[name] : [words(name), rate];
        facts.push([title, format(value)]);
      }
    }
    const names = facts.map(([name]) => name).join("\n");
    if (this.#facts.dataset.names !== names) {
      this.#facts.dataset.names = names;
      this.#facts.replaceChildren(...facts.map(([name]) => el("div", {}, el("dt", {}, name), el("dd"))));
    }
    facts.forEach(([, value], i) => setText(this.#facts.children[i].lastElementChild, value));
  }

  #drawOperations(details, last) {
    const head = ["Count", "Now /s", "Mean", "p50", "p95", "p99", "Max"];
    const cellsOf = (one) => {
      const at = (share) => (one.cells ? percentile(one.boundsNanos, one.cells, share, one.maxNanos) : null);
      return [
        one.operation,
        count(one.count),
        rate(last?.rates[one.operation]),
        duration(one.count > 0 ? one.sumNanos / one.count : null),
        duration(at(0.5)),
        duration(at(0.95)),
        duration(at(0.99)),
        duration(one.maxNanos > 0 ? one.maxNanos : null),
      ];
    };
    const operations = details.operations.filter((one) => !one.isPhase);
    this.#operations.closest(".card").hidden = operations.length === 0;
    fillTable(this.#operations, "Operations since start", ["Operation", ...head, "Errors"],
      operations.map((one) =>
        [...cellsOf(one), count(Object.values(one.errors).reduce((sum, value) => sum + value, 0))]));
    const phases = details.operations.filter((one) => one.isPhase);
    this.#phases.closest(".card").hidden = phases.length === 0;
    fillTable(this.#phases, "Phases of operations since start", ["Phase", ...head], phases.map(cellsOf));
  }

  #drawErrors(details) {
    const rows = details.operations.flatMap((one) =>
      Object.entries(one.errors).map(([type, number]) => [type, one.operation, count(number)]));
    this.#errorCard.hidden = rows.length === 0;
    this.#errors.root.classList.toggle("alone", rows.length === 0);
    fillTable(this.#errorCounts, "Errors since start", ["Type", "Operation", "Count"], rows);
  }
}

/** The order of operations; before the details come, that of the past. */
function orderOf(history, seen) {
  return history.operationOrder.length > 0
    ? history.operationOrder
    : [...new Set(seen.flatMap((sample) => Object.keys(sample.rates)))]
      .filter((name) => seen.some((sample) => sample.rates[name] > 0)).sort();
}

/** A line per operation; those beyond the colours are added up. */
function throughputSeries(seen, order) {
  const active = order.filter((name) => seen.some((sample) => (sample.rates[name] ?? 0) > 0));
  const shown = order.length <= MOST_LINES ? order : [...order.slice(0, MOST_LINES)];
  const series = shown
    .map((name, i) => ({ name, tone: i + 1, values: seen.map((sample) => sample.rates[name] ?? null) }))
    .filter(({ name }) => active.includes(name) || order.length <= MOST_LINES);
  const rest = order.slice(MOST_LINES).filter((name) => active.includes(name));
  if (rest.length > 0) {
    series.push({
      name: rest.length === 1 ? rest[0] : "others",
      tone: 6,
      values: seen.map((sample) => {
        const known = rest.map((name) => sample.rates[name]).filter((value) => typeof value === "number");
        return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
      }),
    });
  }
  return series;
}
