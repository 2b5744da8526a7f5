// A chart of lines over time: drawn as SVG, read by mouse, touch or arrow keys, and as a table.

import { announce, el, fillTable, setAttribute, setText, svg } from "./dom.js";
import { tick as asTick, time } from "./format.js";
import { linear, logarithmic, timeTicks } from "./scale.js";

const HEIGHT = 210;
const MARGIN = { top: 10, right: 14, bottom: 24, left: 62 };
const TABLE_ROWS = 60;
let created = 0;

/** The frame that all charts have: title, what it shows, legend, drawing, table. */
export class ChartFrame {
  constructor({ title, subtitle }) {
    const id = `chart-${++created}`;
    this.subtitle = el("span", { class: "subtitle" }, subtitle);
    this.legend = el("ul", { class: "legend" });
    this.svg = svg("svg", { role: "img", tabindex: "0", class: "plot", height: HEIGHT });
    this.note = el("p", { class: "plot-note", hidden: true });
    this.table = el("table");
    this.details = el("details", {},
      el("summary", {}, "As a table"),
      el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${title}, as a table` },
        this.table));
    this.title = title;
    this.root = el("figure", { class: "card chart", "aria-labelledby": id },
      el("figcaption", {}, el("h3", { id }, title), this.subtitle),
      this.legend,
      el("div", { class: "plot-area" }, this.svg, this.note),
      this.details);
    this.width = 0;
    this.redraw = () => {};
    new ResizeObserver(([entry]) => {
      const width = Math.floor(entry.contentRect.width);
      if (width !== this.width && width > 0) {
        this.width = width;
        setAttribute(this.svg, "width", String(width));
        setAttribute(this.svg, "viewBox", `0 0 ${width} ${HEIGHT}`);
        this.redraw();
      }
    }).observe(this.svg.parentNode);
    this.details.addEventListener("toggle", () => this.redraw());
  }

  get plot() {
    return {
      left: MARGIN.left,
      right: this.width - MARGIN.right,
      top: MARGIN.top,
      bottom: HEIGHT - MARGIN.bottom,
    };
  }

  /**
   * Says why there is nothing to see; null for nothing to say.
   *
   * @param isEmpty whether there is not even an axis to draw
   */
  setNote(text, isEmpty = false) {
    this.root.classList.toggle("empty", isEmpty);
    this.note.hidden = text === null;
    setText(this.note, text ?? "");
  }

  /** Horizontal lines with what they mean. */
  yAxis(scale, format) {
    const { left, right } = this.plot;
    return scale.ticks.map((tick) => svg("g", {},
      svg("line", { class: "grid", x1: left, x2: right, y1: scale.at(tick), y2: scale.at(tick) }),
      svg("text", { class: "tick", x: left - 8, y: scale.at(tick) + 4, "text-anchor": "end" },
        asTick(format(tick)))));
  }

  xTick(x, text) {
    const { left, right, bottom } = this.plot;
    const anchor = x < left + 18 ? "start" : x > right - 18 ? "end" : "middle";
    return svg("g", {},
      svg("line", { class: "tick-mark", x1: x, x2: x, y1: bottom, y2: bottom + 4 }),
      svg("text", { class: "tick", x, y: bottom + 18, "text-anchor": anchor }, text));
  }

  /** One entry per series, kept as long as the series are the same, so that nothing flickers. */
  setLegend(entries, heading) {
    const key = entries.map(({ name, tone }) => `${tone} ${name}`).join("\n");
    if (this.legend.dataset.key !== key) {
      this.legend.dataset.key = key;
      this.legend.replaceChildren(
        ...entries.map(({ name, tone, shape }) => el("li", {},
          shape === "bar"
            ? svg("svg", { width: 14, height: 10, "aria-hidden": "true" },
              svg("rect", { class: `bar tone-${tone}`, width: 14, height: 10, rx: 2 }))
            : svg("svg", { width: 22, height: 10, "aria-hidden": "true" },
              svg("line", { class: `line tone-${tone}`, x1: 1, x2: 21, y1: 5, y2: 5 })),
          el("bdi", {}, name), " ", el("b"))),
        el("li", { class: "moment" }));
    }
    entries.forEach(({ value }, i) => setText(this.legend.children[i].querySelector("b"), value));
    setText(this.legend.lastElementChild, heading);
  }
}

export class TimeChart {
  #frame;
  #format;
  #scale;
  #max;
  #empty;
  #data = { times: [], gaps: [], series: [], from: 0, to: 1, isLive: true };
  #cursor = null;

  /**
   * @param format of a value, with its unit
   * @param scale "linear" from 0, or "log" for what spans decades
   * @param max the top of the scale, where it is known
   * @param empty what to say while there are no values
   */
  constructor({ title, subtitle, format, scale = "linear", max = null, empty }) {
    this.#frame = new ChartFrame({ title, subtitle });
    this.#format = format;
    this.#scale = scale;
    this.#max = max;
    this.#empty = empty;
    this.#frame.redraw = () => this.#draw();
    const drawing = this.#frame.svg;
    drawing.addEventListener("pointermove", (event) => this.#point(event));
    drawing.addEventListener("pointerleave", () => this.#moveTo(null));
    drawing.addEventListener("blur", () => this.#moveTo(null));
    drawing.addEventListener("keydown", (event) => this.#key(event));
  }

  get root() {
    return this.#frame.root;
  }

  setSubtitle(text) {
    setText(this.#frame.subtitle, text);
  }

  setEmpty(text) {
    this.#empty = text;
  }

  /**
   * Shows other data.
   *
   * @param times of the samples, ascending, in ms
   * @param gaps whether the line is interrupted before a sample
   * @param series name, tone (1 to 6) and values, null for none
   * @param isLive whether the last sample is of now
   */
  update({ times, gaps, series, from, to, isLive }) {
    // The cursor stays at its moment, not at its place in the list, from which old ones go.
    const moment = this.#cursor === null ? null : this.#data.times[this.#cursor];
    this.#data = { times, gaps, series, from, to, isLive };
    const index = moment === null ? -1 : times.indexOf(moment);
    this.#cursor = index < 0 ? null : index;
    this.#draw();
  }

  #draw() {
    const frame = this.#frame;
    if (frame.width === 0) {
      return;
    }
    const { times, gaps, series, from, to } = this.#data;
    const values = series.flatMap((one) => one.values.filter((value) => value !== null));
    const { left, right, top, bottom } = frame.plot;
    const x = (at) => left + ((at - from) / (to - from)) * (right - left);
    const y = this.#yScale(values, bottom, top);
    const children = [...frame.yAxis(y, this.#format)];
    for (const tick of timeTicks(from, to, Math.max(2, Math.floor((right - left) / 95)))) {
      children.push(frame.xTick(x(tick), time(tick)));
    }
    for (const one of series) {
      const path = linePath(times, gaps, one.values, x, y.at);
      if (path !== "") {
        if (series.length === 1) {
          children.push(svg("path", { class: `area tone-${one.tone}`, d: areaPath(times, gaps, one.values, x, y.at, bottom) }));
        }
        children.push(svg("path", { class: `line tone-${one.tone}`, d: path }));
      }
    }
    if (this.#cursor !== null) {
      children.push(...this.#cursorMarks(x, y));
    }
    frame.svg.replaceChildren(...children);
    frame.setNote(values.length === 0 ? this.#empty : null, series.length === 0);
    this.#drawWords();
  }

  #yScale(values, bottom, top) {
    if (this.#scale === "log") {
      const positive = values.filter((value) => value > 0);
      return positive.length === 0
        ? logarithmic(1e4, 1e7, bottom, top)
        : logarithmic(Math.min(...positive), Math.max(...positive), bottom, top);
    }
    return linear(this.#max ?? Math.max(0, ...values), bottom, top);
  }

  #cursorMarks(x, y) {
    const { top, bottom } = this.#frame.plot;
    const at = x(this.#data.times[this.#cursor]);
    const dots = this.#data.series
      .filter((one) => one.values[this.#cursor] !== null)
      .map((one) => svg("circle", {
        class: `point tone-${one.tone}`, cx: at, cy: y.at(one.values[this.#cursor]), r: 4,
      }));
    return [svg("line", { class: "cursor", x1: at, x2: at, y1: top, y2: bottom }), ...dots];
  }

  #drawWords() {
    const { times, series, isLive } = this.#data;
    const isNow = isLive && this.#cursor === null;
    const shown = this.#cursor ?? times.length - 1;
    const values = series.map((one) => ({
      name: one.name,
      tone: one.tone,
      value: this.#format(shown < 0 ? null : one.values[shown]),
    }));
    const moment = isNow ? "now" : `at ${time(times[shown])}`;
    this.#frame.setLegend(values, series.length === 0 || shown < 0 ? "" : moment);
    const now = values.map(({ name, value }) => `${name} ${value}`).join(", ");
    setAttribute(this.#frame.svg, "aria-label",
      `${this.#frame.title} over time. ${isNow || shown < 0 ? "Now" : time(times[shown])}: ${now || "nothing yet"}.`
      + " Left and right arrow keys read single moments; the figures follow as a table.");
    if (this.#frame.details.open) {
      const rows = times.map((at, i) => [time(at), ...series.map((one) => this.#format(one.values[i]))]);
      fillTable(this.#frame.table, `${this.#frame.title}, latest first`,
        ["Time", ...series.map((one) => one.name)], rows.reverse().slice(0, TABLE_ROWS));
    }
  }

  #point(event) {
    const { times, from, to } = this.#data;
    if (times.length === 0) {
      return;
    }
    const { left, right } = this.#frame.plot;
    const box = this.#frame.svg.getBoundingClientRect();
    const at = from + ((event.clientX - box.left - left) / (right - left)) * (to - from);
    this.#moveTo(times.reduce(
      (best, candidate, i) => (Math.abs(candidate - at) < Math.abs(times[best] - at) ? i : best), 0));
  }

  #key(event) {
    const last = this.#data.times.length - 1;
    const moves = {
      ArrowLeft: (i) => Math.max(0, (i ?? last + 1) - 1),
      ArrowRight: (i) => Math.min(last, (i ?? last - 1) + 1),
      Home: () => 0,
      End: () => last,
      Escape: () => null,
    };
    const move = moves[event.key];
    if (move && last >= 0) {
      event.preventDefault();
      this.#moveTo(move(this.#cursor));
      announce(this.#frame.legend.innerText.replace(/\s+/g, " "));
    }
  }

  #moveTo(index) {
    if (index !== this.#cursor) {
      this.#cursor = index;
      this.#draw();
    }
  }
}

/** Runs of indexes that a line joins: without gaps and with values. */
function runs(gaps, values) {
  const found = [];
  values.forEach((value, i) => {
    if (value === null) {
      return;
    }
    if (i > 0 && values[i - 1] !== null && !gaps[i]) {
      found.at(-1).push(i);
    } else {
      found.push([i]);
    }
  });
  return found;
}

const points = (run, times, values, x, y) =>
  run.map((i) => `${x(times[i]).toFixed(1)} ${y(values[i]).toFixed(1)}`);

/** A path of all runs; lone values become dots, as a line without length has round ends. */
function linePath(times, gaps, values, x, y) {
  return runs(gaps, values).map((run) => {
    const joined = points(run, times, values, x, y);
    return `M${joined[0]}h.01${joined.slice(1).map((point) => `L${point}`).join("")}`;
  }).join("");
}

/** The area below the line, which is easier on the eye if it is the only one. */
function areaPath(times, gaps, values, x, y, bottom) {
  return runs(gaps, values).map((run) =>
    `M${x(times[run[0]]).toFixed(1)} ${bottom}`
    + points(run, times, values, x, y).map((point) => `L${point}`).join("")
    + `V${bottom}Z`).join("");
}
