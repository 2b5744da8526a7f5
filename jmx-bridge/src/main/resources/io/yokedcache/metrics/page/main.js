// Asks for figures again and again and hands them to the parts of the page.

import { Unreachable, fetchFigures } from "./api.js";
import { Detail } from "./detail.js";
import { announce, el, optionsOf, setText } from "./dom.js";
import { count, time } from "./format.js";
import { CacheHistory, Past, RowRates } from "./history.js";
import { Overview } from "./overview.js";
import { bindSelect } from "./settings.js";
import { CacheTable } from "./table.js";

const MOST_HISTORIES = 20;
const byId = (id) => document.getElementById(id);

const overview = new Overview();
const detail = new Detail();
const rates = new RowRates();
const past = new Past();
const table = new CacheTable(byId("caches"), select);
const histories = new Map();

let rows = new Map();
let selectedKey = null;
let intervalMillis = 2000;
let operation = "get";
let isPaused = false;
let lostAt = null;
let isSomeTargetDown = false;
let readAt = null;
/** How long after the start of a request the next one starts. */
let paceMillis = intervalMillis;
let timer = 0;
let request = new AbortController();

/** An address has no place for half of a surrogate pair, which encodeURIComponent refuses. */
const wellFormed = (name) => name.toWellFormed?.() ?? name;
const keyOf = (target, manager, cache) => JSON.stringify([target, manager, cache]);

function selectedName() {
  if (selectedKey === null) {
    return null;
  }
  const [target, manager, cache] = JSON.parse(selectedKey);
  return { target, manager, cache };
}

/** The server's rows as objects; those of targets that are down stay as they were, marked. */
function rowsOf(data, now) {
  const read = data.rows.map((values) => {
    const row = Object.fromEntries(data.columns.map((name, i) => [name, values[i]]));
    row.targetName = data.targets[row.target].name;
    row.key = keyOf(row.targetName, row.manager, row.cache);
    row.isStale = false;
    row.asOf = now;
    return row;
  });
  const down = new Map(data.targets.map((target, i) => [target.name, i]).filter(([, i]) => !data.targets[i].up));
  for (const old of rows.values()) {
    if (down.has(old.targetName)) {
      read.push({ ...old, target: down.get(old.targetName), isStale: true });
    }
  }
  return read;
}

function show(data) {
  const now = Date.now();
  const list = rowsOf(data, now);
  rates.apply(list, data.targets, data.instance);
  const reading = past.add(list, data, operation, now, patience());
  rows = new Map(list.map((row) => [row.key, row]));
  offerOperations(data);
  overview.update({ ...data, rows: list });
  table.update(list, { hasTargets: data.targets.length > 1 });
  setText(byId("cache-count"), count(list.length));
  isSomeTargetDown = data.targets.some((target) => !target.up);
  showEmptiness();
  if (selectedKey === null && list.length > 0) {
    selectByItself(list);
  }
  addDetails(data, reading.time);
}

/** How far apart two readings may be for a line to join them. */
const patience = () => 2.5 * paceMillis + 1000;

/** The cache that the address names, or else the busiest: an empty page tells nothing. */
function selectByItself(list) {
  const named = keyInAddress();
  const gets = (row) => (row.hits ?? 0) + (row.misses ?? 0) + (row.puts ?? 0);
  const busiest = list.reduce((best, row) => (gets(row) > gets(best) ? row : best));
  select(named !== null && rows.has(named) ? named : busiest.key, /* isOwnDoing= */ true);
}

function addDetails(data, time) {
  const details = data.details;
  if (details !== null) {
    const key = keyOf(data.targets[details.target].name, details.manager, details.cache);
    historyOf(key).add(details, data.targets[details.target].atMillis, data.instance, time, patience());
  }
  detail.update(rows.get(selectedKey) ?? null);
}

/** Returns the history of a cache; details are kept for the last few that were looked at. */
function historyOf(key) {
  const history = histories.get(key) ?? new CacheHistory(key, past);
  histories.delete(key);
  histories.set(key, history);
  if (histories.size > MOST_HISTORIES) {
    histories.delete(histories.keys().next().value);
  }
  return history;
}

function select(key, isOwnDoing = false) {
  const row = rows.get(key);
  if (!row) {
    return;
  }
  selectedKey = key;
  table.selected = key;
  detail.show(key, row, historyOf(key));
  if (!isOwnDoing) {
    history.replaceState(null, "", `#${[row.targetName, row.manager, row.cache]
      .map((name) => encodeURIComponent(wellFormed(name))).join("/")}`);
    announce(`Showing cache ${row.cache}`);
  }
  poll();
}

function keyInAddress() {
  try {
    const parts = location.hash.slice(1).split("/").map(decodeURIComponent);
    return parts.length === 3 ? keyOf(...parts) : null;
  } catch {
    return null; // not an address that this page has made
  }
}

function offerOperations({ operations, phases }) {
  const box = byId("table-operation");
  const all = [...new Set(["get", "put", ...operations])].sort();
  const list = JSON.stringify([all, phases]);
  if (box.dataset.list !== list) {
    box.dataset.list = list;
    box.replaceChildren(...optionsOf(all, phases));
    box.value = operation;
  }
}

function showEmptiness() {
  const note = byId("no-caches");
  note.hidden = table.shownCount > 0;
  setText(note, rows.size > 0
    ? "No cache has such a name."
    : isSomeTargetDown
      ? "No cache could be read."
      : "No caches yet. A cache shows up here when it exists and its statistics are enabled.");
}

function showPulse() {
  const text = lostAt !== null ? "Disconnected" : isPaused ? "Paused" : "Live";
  byId("pulse").dataset.state = text.toLowerCase();
  return text;
}

function succeed() {
  readAt = Date.now();
  if (lostAt !== null) {
    lostAt = null;
    announce("The server answers again");
    byId("banner").classList.remove("shown");
    byId("banner").replaceChildren();
    document.body.classList.remove("lost");
    document.title = "YokedCache status";
  }
  setText(byId("pulse-text"), `${showPulse()} · ${time(Date.now())}`);
}

function fail(reason) {
  if (lostAt === null) {
    lostAt = Date.now();
    const again = el("button", { type: "button" }, "Try now");
    again.addEventListener("click", () => poll());
    byId("banner").replaceChildren(
      el("p", {}, `No figures since ${time(readAt ?? lostAt)}: the server cannot be reached, as `, el("span"), ". ",
        "What you see is old. This page goes on by itself when the server is back."),
      again);
    byId("banner").classList.add("shown");
    document.body.classList.add("lost");
    document.title = "⚠ unreachable · YokedCache status";
    setText(byId("pulse-text"), showPulse());
  }
  setText(byId("banner").querySelector("span"), reason);
}

async function poll() {
  clearTimeout(timer);
  request.abort();
  request = new AbortController();
  const { signal } = request;
  const startMillis = performance.now();
  try {
    const data = await fetchFigures(operation, selectedName(), signal);
    if (signal.aborted) {
      return; // a newer request is under way, for another cache or operation
    }
    succeed();
    show(data);
    // A slow answer is asked for less often: reading 10,000 caches is work for the application. But a
    // target whose reading takes longer than the server waits must be asked before that is forgotten.
    paceMillis = isSomeTargetDown
      ? intervalMillis
      : Math.max(intervalMillis, 3 * (performance.now() - startMillis));
  } catch (failure) {
    if (signal.aborted) {
      return;
    }
    if (!(failure instanceof Unreachable)) {
      throw failure;
    }
    paceMillis = intervalMillis;
    fail(failure.message);
  } finally {
    if (!signal.aborted && !(isPaused && lostAt === null)) {
      timer = setTimeout(poll, Math.max(100, paceMillis - (performance.now() - startMillis)));
    }
  }
}

byId("pause").addEventListener("click", () => {
  isPaused = !isPaused;
  byId("pause").setAttribute("aria-pressed", String(isPaused));
  setText(byId("pause"), isPaused ? "Resume" : "Pause");
  if (isPaused) {
    clearTimeout(timer);
    setText(byId("pulse-text"), `${showPulse()} · ${time(Date.now())}`);
    announce("Paused");
  } else {
    announce("Live again");
    poll();
  }
});
byId("filter").addEventListener("input", () => {
  table.filter = byId("filter").value;
  if (readAt !== null) {
    showEmptiness();
  }
});
byId("table-operation").addEventListener("change", () => {
  operation = byId("table-operation").value;
  poll();
});
window.addEventListener("hashchange", () => {
  const key = keyInAddress();
  if (key !== null && key !== selectedKey) {
    select(key);
  }
});
bindSelect(byId("theme"), "theme", "auto", (theme) => {
  if (theme === "auto") {
    delete document.documentElement.dataset.theme;
  } else {
    document.documentElement.dataset.theme = theme;
  }
});
bindSelect(byId("span"), "span", "300000", (millis) => {
  detail.span = Number(millis);
});
bindSelect(byId("interval"), "interval", "2000", (millis) => {
  intervalMillis = Number(millis);
  paceMillis = intervalMillis;
  if (!isPaused) {
    poll();
  }
});
