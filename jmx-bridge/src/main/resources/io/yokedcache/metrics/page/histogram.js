// How an operation's durations are spread: bars since the start, a line for the last interval.

import { bars, percentile, total } from "./cells.js";
import { ChartFrame } from "./chart.js";
import { fillTable, setAttribute, setText, svg } from "./dom.js";
import { count, duration, tick as asTick } from "./format.js";
import { linear, logarithmic } from "./scale.js";

const share = (value) => `${Number((value * 100).toFixed(value < 0.001 ? 2 : 1))} %`;

export class Histogram {
  #frame = new ChartFrame({ title: "Latency distribution", subtitle: "" });
  #operation = null;
  #interval = null;
  #empty = "";

  constructor() {
    this.#frame.redraw = () => this.#draw();
  }

  get root() {
    return this.#frame.root;
  }

  /**
   * Shows other data.
   *
   * @param operation as the server tells it; null if there is none
   * @param interval the cells of the last interval; null if nothing ran
   * @param empty what to say if there are no cells
   */
  update(operation, interval, empty) {
    this.#operation = operation?.cells ? operation : null;
    this.#interval = interval;
    this.#empty = empty;
    this.#draw();
  }

  #draw() {
    const frame = this.#frame;
    if (frame.width === 0) {
      return;
    }
    const operation = this.#operation;
    const cells = operation?.cells ?? [];
    const recent = this.#interval ?? cells.map(() => 0);
    const joined = operation ? bars(operation.boundsNanos, [cells, recent]) : [];
    setText(frame.subtitle, operation ? `of ${operation.operation}, share by duration (log scale)` : "");
    frame.setNote(joined.length === 0 ? this.#empty : null, joined.length === 0);
    if (joined.length === 0) {
      frame.svg.replaceChildren();
      frame.setLegend([], "");
      setAttribute(frame.svg, "aria-label", `Latency distribution. ${this.#empty}`);
      frame.table.replaceChildren();
      return;
    }
    this.#drawBars(joined, [total(cells), total(recent)]);
    this.#drawWords(joined, cells, [total(cells), total(recent)]);
  }

  #drawBars(joined, totals) {
    const frame = this.#frame;
    const { left, right, top, bottom } = frame.plot;
    const low = joined[0].lower || joined[0].upper / 2;
    const high = Number.isFinite(joined.at(-1).upper) ? joined.at(-1).upper : joined.at(-1).lower * 2;
    const x = logarithmic(low, high, left, right, Math.max(3, Math.floor((right - left) / 70)));
    const shares = joined.map((bar) => bar.counts.map((value, i) => (totals[i] > 0 ? value / totals[i] : 0)));
    const y = linear(Math.max(...shares.flat()), bottom, top + 14);
    const children = [...frame.yAxis(y, share), ...x.ticks.map((tick) => frame.xTick(x.at(tick), asTick(duration(tick))))];
    let outline = "";
    joined.forEach((bar, i) => {
      const from = x.at(bar.lower || low);
      const to = x.at(Number.isFinite(bar.upper) ? bar.upper : high);
      const height = bottom - y.at(shares[i][0]);
      if (height > 0) {
        children.push(svg("rect", {
          class: "bar tone-6", x: from + 0.5, y: bottom - Math.max(1, height),
          width: Math.max(1, to - from - 1), height: Math.max(1, height), rx: 1.5,
        }));
      }
      outline += `${i === 0 ? `M${from} ${bottom}V` : "V"}${y.at(shares[i][1])}H${to}`;
    });
    if (totals[1] > 0) {
      children.push(svg("path", { class: "line tone-1", d: `${outline}V${bottom}` }));
    }
    children.push(...this.#marks(x));
    frame.svg.replaceChildren(...children);
  }

  /** Percentiles since the start, as far as their names do not run into each other. */
  #marks(x) {
    const { top, bottom } = this.#frame.plot;
    const marks = [];
    let free = -Infinity;
    for (const [name, part] of [["p50", 0.5], ["p95", 0.95], ["p99", 0.99]]) {
      const at = x.at(this.#percentile(part));
      marks.push(svg("line", { class: "cursor", x1: at, x2: at, y1: top + 8, y2: bottom }));
      if (at > free) {
        marks.push(svg("text", { class: "tick", x: at, y: top + 4, "text-anchor": "middle" }, name));
        free = at + 28;
      }
    }
    return marks;
  }

  #percentile(part) {
    const { boundsNanos, cells, maxNanos } = this.#operation;
    return percentile(boundsNanos, cells, part, maxNanos);
  }

  #drawWords(joined, cells, totals) {
    const frame = this.#frame;
    frame.setLegend([
      { name: "since start", tone: 6, shape: "bar", value: count(totals[0]) },
      { name: "last interval", tone: 1, value: count(totals[1]) },
    ], "");
    setAttribute(frame.svg, "aria-label",
      `Latency distribution of ${this.#operation.operation}, ${count(totals[0])} since start:`
      + ` half within ${duration(this.#percentile(0.5))}, 95 % within ${duration(this.#percentile(0.95))},`
      + ` 99 % within ${duration(this.#percentile(0.99))}. The figures follow as a table.`);
    if (frame.details.open) {
      fillTable(frame.table, "Latency distribution", ["Up to", "Since start", "Last interval"],
        joined.map((bar) => [
          Number.isFinite(bar.upper) ? duration(bar.upper) : `over ${duration(bar.lower)}`,
          ...bar.counts.map(count),
        ]));
    }
  }
}
