// The table of all caches: sorted and filtered here, updated in place, and walked by arrow keys like
// a list. Only text that changed is written, so that a thousand caches cost little.

import { announce, el, nameOf, setAttribute, setText } from "./dom.js";
import { ago, bytes, count, duration, percent, rate, time } from "./format.js";

const text = (name) => (row) => row[name];
const COLUMNS = [
  { id: "cache", title: "Cache", value: text("cache") },
  { id: "manager", title: "Manager", value: text("manager") },
  { id: "target", title: "Target", value: text("targetName") },
  { id: "hitRate", title: "Hit rate", format: percent, help: "Part of gets that found an entry, since start" },
  { id: "getsPerSecond", title: "Gets/s", format: rate, value: (row) => row.rates.gets, help: "Entries asked for per second, now" },
  { id: "putsPerSecond", title: "Puts/s", format: rate, value: (row) => row.rates.puts, help: "Entries put per second, now" },
  { id: "hits", title: "Hits", format: count, help: "Gets that found an entry, since start" },
  { id: "misses", title: "Misses", format: count, help: "Gets that found none, since start" },
  { id: "entries", title: "Entries", format: count, help: "Entries in the store, when they were counted last" },
  { id: "bytes", title: "Size", format: bytes, help: "Memory in the store, when it was counted last" },
  { id: "errors", title: "Errors", format: count, help: "Operations that failed, since start" },
  { id: "mean", title: "Mean", format: duration, help: "Mean duration of the chosen operation, since start" },
  { id: "p50", title: "p50", format: duration, help: "Half of the chosen operations took at most this, since start" },
  { id: "p95", title: "p95", format: duration, help: "95 % of the chosen operations took at most this, since start" },
  { id: "p99", title: "p99", format: duration, help: "99 % of the chosen operations took at most this, since start" },
  { id: "countedAge", title: "Counted", isOptional: true, format: ago, help: "When entries and size were counted" },
  { id: "evictions", title: "Evictions", isOptional: true, format: count, help: "Entries given up to make room, since start" },
].map((column) => ({ value: text(column.id), ...column }));

const MOST_ROWS = 1200; // what a browser lays out in half a second
const STEP_ROWS = 10;
const collator = new Intl.Collator("en", { numeric: true });

export class CacheTable {
  #onSelect;
  #scroll;
  #table;
  #body = el("tbody");
  #heads = new Map();
  #pager = document.getElementById("pager");
  #range = el("span");
  #rows = new Map();
  /** The elements of the rows that are on the page. */
  #lines = new Map();
  /** The keys of all rows that match the filter, sorted. */
  #order = [];
  #ranks = new Map();
  #page = 0;
  #sort = { column: COLUMNS[0], isDescending: false };
  #filter = "";
  #selected = null;
  #focused = null;

  constructor(scroll, onSelect) {
    this.#onSelect = onSelect;
    this.#scroll = scroll;
    const head = el("tr", {}, ...COLUMNS.map((column) => this.#headCell(column)));
    // A grid, so that a screen reader leaves the arrow keys to the rows.
    this.#table = el("table", { class: "caches", role: "grid", "aria-label": "Caches" },
      el("thead", {}, head), this.#body);
    this.#scroll.append(this.#table);
    this.#body.addEventListener("click", (event) => {
      const key = event.target.closest("tr")?.dataset.key;
      if (key !== undefined) {
        this.#focus(key, /* isMoved= */ false);
        this.#onSelect(key);
      }
    });
    this.#body.addEventListener("keydown", (event) => this.#key(event));
    this.#showSort();
    const step = (text, by) => {
      const button = el("button", { type: "button" }, text);
      button.addEventListener("click", () => {
        this.#turnTo(this.#page + by);
        announce(this.#range.textContent);
      });
      return button;
    };
    this.#pager.append(this.#range, step("Previous", -1), step("Next", 1));
  }

  #turnTo(page) {
    const last = Math.max(0, Math.ceil(this.#order.length / MOST_ROWS) - 1);
    this.#page = Math.min(last, Math.max(0, page));
    this.#scroll.scrollTop = 0;
    this.#draw();
    this.#focus(this.#shown.includes(this.#focused) ? this.#focused : this.#shown[0] ?? null, /* isMoved= */ false);
  }

  get #shown() {
    return this.#order.slice(this.#page * MOST_ROWS, (this.#page + 1) * MOST_ROWS);
  }

  #headCell(column) {
    const button = el("button", { type: "button", title: column.help }, column.title,
      el("span", { class: "arrow", "aria-hidden": "true" }));
    button.addEventListener("click", () => {
      const isSame = this.#sort.column === column;
      // Of figures the greatest are what one looks for, of names the first.
      this.#sort = { column, isDescending: isSame ? !this.#sort.isDescending : Boolean(column.format) };
      this.#showSort();
      this.#arrange(/* isForced= */ true);
    });
    const cell = el("th", { scope: "col", class: `col-${column.id}${column.format ? " number" : ""}` }, button);
    this.#heads.set(column, cell);
    return cell;
  }

  #showSort() {
    for (const [column, cell] of this.#heads) {
      const isSorted = column === this.#sort.column;
      setAttribute(cell, "aria-sort",
        isSorted ? (this.#sort.isDescending ? "descending" : "ascending") : "none");
    }
  }

  /** Shows only rows whose names contain the text. */
  set filter(value) {
    this.#filter = value.trim().toLowerCase();
    this.#arrange(/* isForced= */ true);
    announce(`${this.#order.length} of ${this.#rows.size} caches`);
  }

  set selected(key) {
    for (const [old, isSelected] of [[this.#selected, "false"], [key, "true"]]) {
      const line = this.#lines.get(old);
      if (line) {
        setAttribute(line.node, "aria-selected", isSelected);
      }
    }
    this.#selected = key;
  }

  get shownCount() {
    return this.#order.length;
  }

  update(rows, { hasTargets }) {
    this.#rows = new Map(rows.map((row) => [row.key, row]));
    if (rows.length !== this.#ranks.size || rows.some((row) => !this.#ranks.has(row.key))) {
      // Comparing names is slow, and they seldom change.
      this.#ranks = new Map([...rows].sort(compareNames).map((row, i) => [row.key, i]));
    }
    this.#table.classList.toggle("has-targets", hasTargets);
    for (const { id, value } of COLUMNS.filter((column) => column.isOptional)) {
      this.#table.classList.toggle(`without-${id}`, rows.every((row) => value(row) === null));
    }
    this.#arrange(/* isForced= */ false);
  }

  /** Writes the rows of the page, and makes their elements anew only if others are there. */
  #draw() {
    const shown = this.#shown;
    const old = [...this.#lines.keys()];
    const isSame = shown.length === old.length && shown.every((key, i) => key === old[i]);
    if (!isSame) {
      const lines = this.#lines;
      this.#lines = new Map(shown.map((key) => [key, lines.get(key) ?? this.#makeLine(this.#rows.get(key))]));
    }
    this.#lines.forEach((line, key) => this.#write(line, this.#rows.get(key)));
    if (!isSame) {
      const isFocusInside = this.#body.contains(document.activeElement);
      this.#body.replaceChildren(...[...this.#lines.values()].map((line) => line.node));
      if (isFocusInside) {
        this.#lines.get(this.#focused)?.node.focus({ preventScroll: true });
      }
    }
    this.#pager.hidden = this.#order.length <= MOST_ROWS;
    const first = this.#page * MOST_ROWS;
    setText(this.#range, `Caches ${count(first + 1)} to ${count(first + shown.length)} of ${count(this.#order.length)}`);
    const [previous, next] = this.#pager.querySelectorAll("button");
    previous.disabled = this.#page === 0;
    next.disabled = first + shown.length >= this.#order.length;
  }

  #makeLine(row) {
    const cells = COLUMNS.map((column, i) => el(i === 0 ? "th" : "td", {
      class: `col-${column.id}${column.format ? " number" : ""}`,
      scope: i === 0 ? "row" : null,
      title: column.format ? null : column.value(row),
    }, column.format ? "" : nameOf(column.value(row), i === 0 ? "(no name)" : "–")));
    // Shown on narrow screens only, which have no room for a column of managers.
    const asOf = el("span", { class: "as-of" });
    cells[0].append(el("span", { class: "origin", "aria-hidden": "true" }, nameOf(row.manager, "–")), asOf);
    const node = el("tr", { tabindex: "-1", "aria-selected": String(row.key === this.#selected) }, ...cells);
    node.dataset.key = row.key;
    return { node, cells, asOf, texts: [] };
  }

  #write(line, row) {
    COLUMNS.forEach((column, i) => {
      if (column.format) {
        const value = column.format(column.value(row));
        if (line.texts[i] !== value) {
          line.texts[i] = value;
          line.cells[i].textContent = value;
        }
      }
    });
    const hitRate = `${Math.round((row.hitRate ?? 0) * 100)}%`;
    if (line.hitRate !== hitRate) {
      line.hitRate = hitRate;
      line.cells[3].style.setProperty("--share", hitRate);
    }
    setText(line.asOf, row.isStale ? `as of ${time(row.asOf)}` : "");
    line.node.classList.toggle("stale", row.isStale);
    line.node.classList.toggle("failing", (row.rates.errors ?? 0) > 0);
  }

  /** Sorts and filters; not by itself under the pointer or the keys of somebody who aims at a row. */
  #arrange(isForced) {
    const isAimedAt = this.#body.matches(":hover") || this.#body.contains(document.activeElement);
    const matching = [...this.#rows.values()].filter((row) =>
      this.#filter === ""
      || `${row.cache}\n${row.manager}\n${row.targetName}`.toLowerCase().includes(this.#filter));
    const keys = new Set(matching.map((row) => row.key));
    const keepsOrder = isAimedAt && !isForced
      && this.#order.length === keys.size && this.#order.every((key) => keys.has(key));
    if (!keepsOrder) {
      this.#order = matching.sort((one, other) => this.#compare(one, other)).map((row) => row.key);
    }
    const last = Math.max(0, Math.ceil(this.#order.length / MOST_ROWS) - 1);
    this.#page = isForced ? 0 : Math.min(this.#page, last);
    this.#draw();
    this.#focus(this.#lines.has(this.#focused) ? this.#focused : this.#shown[0] ?? null, /* isMoved= */ false);
  }

  #compare(one, other) {
    const { column, isDescending } = this.#sort;
    const a = column.value(one);
    const b = column.value(other);
    const byName = this.#ranks.get(one.key) - this.#ranks.get(other.key);
    const isUnknown = (value) => value === null || value === undefined;
    if (isUnknown(a) || isUnknown(b)) {
      return isUnknown(a) === isUnknown(b) ? byName : isUnknown(a) ? 1 : -1;
    }
    const result = column === COLUMNS[0] ? byName : typeof a === "string" ? collator.compare(a, b) : a - b;
    return (isDescending ? -result : result) || byName;
  }

  #key(event) {
    const last = this.#order.length - 1;
    const at = this.#order.indexOf(this.#focused);
    const moves = {
      ArrowDown: Math.min(last, at + 1),
      ArrowUp: Math.max(0, at - 1),
      PageDown: Math.min(last, at + STEP_ROWS),
      PageUp: Math.max(0, at - STEP_ROWS),
      Home: 0,
      End: last,
    };
    if (event.key in moves) {
      event.preventDefault();
      this.#focus(this.#order[moves[event.key]], /* isMoved= */ true);
    } else if ((event.key === "Enter" || event.key === " ") && this.#focused !== null) {
      event.preventDefault();
      this.#onSelect(this.#focused);
    }
  }

  /** One row at a time is in the tab order; the arrow keys move on from there. */
  #focus(key, isMoved) {
    if (key !== this.#focused) {
      this.#lines.get(this.#focused)?.node.setAttribute("tabindex", "-1");
      this.#focused = key;
    }
    if (isMoved && !this.#lines.has(key)) {
      this.#page = Math.floor(this.#order.indexOf(key) / MOST_ROWS);
      this.#draw();
    }
    const node = this.#lines.get(key)?.node;
    node?.setAttribute("tabindex", "0");
    if (isMoved) {
      node?.focus();
    }
  }
}

const compareNames = (one, other) =>
  collator.compare(one.cache, other.cache)
  || collator.compare(one.manager, other.manager)
  || collator.compare(one.targetName, other.targetName);
