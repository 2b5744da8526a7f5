// The selected cache: figures, charts over time, operations and errors.

import { percentile } from "./cells.js";
import { TimeChart } from "./chart.js";
import { el, fillTable, nameOf, setText } from "./dom.js";
import { age, bytes, count, duration, percent, rate, words } from "./format.js";
import { isPhase } from "./history.js";
import { Histogram } from "./histogram.js";

const COLLECTING = "Collecting: two readings make the first point.";
const MOST_LINES = 5; // the sixth colour is for the rest together
const SHORTEST_SPAN = 30_000;
const GAUGES = {
  keysCount: ["entries", count],
  sizeBytes: ["size", bytes],
  censusAgeSeconds: ["census age", age],
  uptimeSeconds: ["uptime", age],
};

export class Detail {
  #section = document.getElementById("details");
  #name = el("h2", { id: "details-title", tabindex: "-1" });
  #origin = el("p", { class: "detail" });
  #gone = el("p", { class: "note", role: "status", hidden: true },
    "This cache is no longer there. What was seen of it stays below.");
  #operation = el("select", { id: "operation" });
  #facts = el("dl", { class: "facts" });
  #hitRate = new TimeChart({
    title: "Hit rate", subtitle: "part of gets that found an entry", format: percent, max: 1, empty: COLLECTING,
  });
  #throughput = new TimeChart({
    title: "Throughput", subtitle: "operations per second", format: (value) => rate(value), empty: COLLECTING,
  });
  #latency = new TimeChart({
    title: "Latency", subtitle: "", format: duration, scale: "log", empty: COLLECTING,
  });
  #histogram = new Histogram();
  #errors = new TimeChart({
    title: "Errors", subtitle: "failed operations per second, by type", format: (value) => rate(value), empty: COLLECTING,
  });
  #operations = el("table");
  #errorCounts = el("table");
  #errorCard;
  #key = null;
  #history = null;
  /** The operation whose latency is shown, by cache. */
  #chosen = new Map();
  #span = 300_000;

  constructor() {
    this.#errorCard = this.#tableCard("Errors since start", this.#errorCounts);
    this.#section.append(
      el("div", { class: "head detail-head" },
        el("div", {}, this.#name, this.#origin),
        el("div", { class: "controls" }, el("label", {}, "Latency of ", this.#operation))),
      this.#gone,
      this.#facts,
      el("div", { class: "charts" },
        this.#hitRate.root, this.#throughput.root, this.#latency.root, this.#histogram.root, this.#errors.root,
        this.#errorCard),
      this.#tableCard("Operations since start", this.#operations));
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
    this.update(/* isThere= */ true);
  }

  /** Draws what has been added to the history. */
  update(isThere) {
    this.#gone.hidden = isThere;
    this.#draw();
  }

  #draw() {
    const history = this.#history;
    if (history === null) {
      return;
    }
    const details = history.latest;
    if (details !== null) {
      this.#offerOperations(details);
    }
    this.#drawCharts(history);
    if (details !== null) {
      this.#drawFacts(details, history);
      this.#drawOperations(details, history);
      this.#drawErrors(details);
    }
  }

  #offerOperations(details) {
    const names = details.operations.length === 0
      ? Object.keys(details.averageMicros)
      : [...details.operations].sort((one, other) => other.count - one.count).map(({ operation }) => operation);
    const chosen = this.#chosen.get(this.#key);
    const value = names.includes(chosen) ? chosen : names.find((name) => !isPhase(name)) ?? names[0] ?? "";
    // In the order of names, so that a list that is open does not jump; made anew only if it changed.
    const sorted = [...names].sort();
    const list = sorted.join("\n");
    if (this.#operation.dataset.list !== list) {
      this.#operation.dataset.list = list;
      const option = (name) => el("option", { value: name }, name);
      const phases = sorted.filter(isPhase);
      this.#operation.replaceChildren(
        ...sorted.filter((name) => !isPhase(name)).map(option),
        ...(phases.length === 0 ? [] : [el("optgroup", { label: "Phases on the wire" }, ...phases.map(option))]));
    }
    this.#operation.value = value;
    this.#operation.parentNode.hidden = details.operations.length === 0;
  }

  #drawCharts(history) {
    const samples = history.samples;
    const to = samples.at(-1)?.time ?? Date.now();
    const elapsed = to - (samples[0]?.time ?? to);
    const from = to - Math.min(this.#span, Math.max(SHORTEST_SPAN, elapsed));
    const seen = samples.filter((sample) => sample.time >= from);
    const times = seen.map((sample) => sample.time);
    const gaps = seen.map((sample) => sample.isGap);
    const draw = (chart, series) => chart.update({ times, gaps, series, from, to });
    draw(this.#hitRate, [{ name: "hit rate", tone: 1, values: seen.map((sample) => sample.hitRate) }]);
    this.#hitRate.setEmpty(samples.length < 2 ? COLLECTING : "No gets in this time.");
    draw(this.#throughput, throughputSeries(seen, history.operationOrder));
    this.#drawLatency(draw, seen, history);
    this.#drawErrorRates(draw, seen, history.latest);
  }

  #drawLatency(draw, seen, history) {
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
      this.#latency.setSubtitle(chosen === "" ? "" : `of ${chosen}, interval by interval (log scale)`);
      this.#latency.setEmpty(seen.length < 2 ? COLLECTING : `No ${chosen} in this time.`);
      draw(this.#latency, figures.map((figure, i) => ({ name: figure, tone: i + 1, values: values(chosen, figure) })));
    }
    this.#histogram.update(operation, history.intervalCells.get(chosen) ?? null,
      hasAverages
        ? "This provider measures averages only, as JSR-107 asks for, and no distribution."
        : "Nothing was timed yet.");
  }

  #drawErrorRates(draw, seen, details) {
    const counts = new Map();
    for (const operation of details?.operations ?? []) {
      for (const [type, number] of Object.entries(operation.errors)) {
        counts.set(type, (counts.get(type) ?? 0) + number);
      }
    }
    const types = [...counts.keys()].sort((one, other) => counts.get(other) - counts.get(one));
    const isMeasured = details !== null && details.operations.length > 0;
    this.#errors.setEmpty(
      types.length > 0 ? COLLECTING : isMeasured ? "✓ No operation has failed since start." : "This provider does not count errors.");
    const shown = types.slice(0, MOST_LINES);
    const series = shown.map((type, i) => ({
      name: type, tone: i + 1, values: seen.map((sample) => (sample.isFirst ? null : sample.errors[type] ?? 0)),
    }));
    if (types.length > MOST_LINES) {
      const rest = types.slice(MOST_LINES);
      series.push({
        name: "others", tone: 6,
        values: seen.map((sample) => rest.reduce((sum, type) => sum + (sample.errors[type] ?? 0), 0)),
      });
    }
    draw(this.#errors, series);
  }

  #drawFacts(details, history) {
    const last = history.samples.at(-1);
    const { counters, gauges } = details;
    const gets = counters.hits + counters.misses;
    const facts = [
      ["hit rate now", percent(last?.hitRate)],
      ["hit rate since start", percent(gauges.hitRate ?? (gets > 0 ? counters.hits / gets : null))],
    ];
    for (const [name, value] of Object.entries(counters)) {
      facts.push([words(name), count(value)]);
    }
    for (const [name, value] of Object.entries(gauges)) {
      if (name !== "hitRate") {
        const [title, format] = GAUGES[name] ?? [words(name), rate];
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

  #drawOperations(details, history) {
    const rates = history.samples.at(-1)?.rates ?? {};
    this.#operations.closest(".card").hidden = details.operations.length === 0;
    fillTable(this.#operations, "Operations since start",
      ["Operation", "Count", "Now /s", "Mean", "p50", "p95", "p99", "Max", "Errors"],
      details.operations.map((one) => {
        const at = (share) => (one.cells ? percentile(one.boundsNanos, one.cells, share, one.maxNanos) : null);
        return [
          one.operation,
          count(one.count),
          rate(rates[one.operation]),
          duration(one.count > 0 ? one.sumNanos / one.count : null),
          duration(at(0.5)),
          duration(at(0.95)),
          duration(at(0.99)),
          duration(one.maxNanos > 0 ? one.maxNanos : null),
          count(Object.values(one.errors).reduce((sum, value) => sum + value, 0)),
        ];
      }));
  }

  #drawErrors(details) {
    const rows = details.operations.flatMap((one) =>
      Object.entries(one.errors).map(([type, number]) => [type, one.operation, count(number)]));
    this.#errorCard.hidden = rows.length === 0;
    this.#errors.root.classList.toggle("alone", rows.length === 0);
    fillTable(this.#errorCounts, "Errors since start", ["Type", "Operation", "Count"], rows);
  }
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
