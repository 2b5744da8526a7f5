// Figures of all caches together: the tiles on top, targets that cannot be read, connections and the
// servers behind them.

import { el, nameOf, setText } from "./dom.js";
import { count, duration, percent, rate, time } from "./format.js";

/** A figure with its name and a line of explanation; "tone" colours and names its state. */
class Tile {
  constructor(title) {
    this.value = el("p", { class: "value" }, "–");
    this.detail = el("p", { class: "detail" }, "Loading…");
    this.root = el("div", { class: "card tile" }, el("h2", {}, title), this.value, this.detail);
  }

  show(value, detail, tone = "") {
    setText(this.value, value);
    setText(this.detail, detail);
    this.root.dataset.tone = tone;
  }
}

const TILES = {
  targets: "Targets",
  store: "Store",
  hitRate: "Hit rate",
  throughput: "Throughput",
  errors: "Errors",
};

/** The page stays usable with many JVMs that use a large cluster. */
const MOST_NODES = 300;

export class Overview {
  #tiles = {};
  #trouble = document.getElementById("trouble");
  #section = document.getElementById("connections-section");
  #connections = document.getElementById("connections");
  #nodesSection = document.getElementById("nodes-section");
  #nodes = document.getElementById("nodes");
  #moreNodes = document.getElementById("more-nodes");

  constructor() {
    for (const [id, title] of Object.entries(TILES)) {
      this.#tiles[id] = new Tile(title);
      this.#tiles[id].root.id = `tile-${id}`;
    }
    document.getElementById("overview").append(...Object.values(this.#tiles).map((tile) => tile.root));
  }

  update({ targets, connections, rows }) {
    this.#showTargets(targets, rows);
    this.#showStore(connections, targets);
    this.#showFigures(rows.filter((row) => !row.isStale));
    this.#showTrouble(targets, rows);
    this.#showConnections(connections, targets);
    this.#showNodes(connections, targets);
  }

  #showTargets(targets, rows) {
    const up = targets.filter((target) => target.up).length;
    this.#tiles.targets.show(
      `${up} of ${targets.length} up`,
      `${count(rows.length)} ${rows.length === 1 ? "cache" : "caches"}`,
      up === targets.length ? "good" : "bad");
  }

  #showStore(connections, targets) {
    const known = connections.filter((connection) => connection.healthy !== null);
    const ill = known.filter((connection) => !connection.healthy).length;
    const pings = connections.map((connection) => connection.pingNanos).filter((ping) => ping !== null);
    const waiting = connections.reduce((sum, connection) => sum + (connection.poolWaiting ?? 0), 0);
    if (known.length === 0) {
      this.#tiles.store.show("–", targets.every((target) => target.up) ? "not measured" : "cannot be read");
      return;
    }
    this.#tiles.store.show(
      ill === 0 ? "Healthy" : `${ill} of ${known.length} failing`,
      [
        pings.length > 0 ? `ping ${duration(Math.max(...pings))}` : null,
        waiting > 0 ? `${count(waiting)} waiting` : null,
      ].filter(Boolean).join(" · "),
      ill === 0 ? (waiting > 0 ? "warn" : "good") : "bad");
  }

  #showFigures(rows) {
    const sum = (name) => {
      const known = rows.map((row) => row.rates[name]).filter((value) => typeof value === "number");
      return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
    };
    const total = (name) => {
      const known = rows.map((row) => row[name]).filter((value) => value !== null);
      return known.length === 0 ? null : known.reduce((a, b) => a + b, 0);
    };
    const gets = sum("gets");
    const all = total("hits") + total("misses");
    const ever = all > 0 ? total("hits") / all : null;
    this.#tiles.hitRate.show(percent(gets > 0 ? sum("hits") / gets : null), `${percent(ever)} since start`);
    this.#tiles.throughput.show(`${rate(gets)} gets/s`, `${rate(sum("puts"))} puts/s`);
    const errors = sum("errors");
    this.#tiles.errors.show(`${rate(errors)} /s`, `${count(total("errors"))} since start`,
      errors === null ? "" : errors > 0 ? "bad" : "good");
  }

  #showTrouble(targets, rows) {
    const down = targets.filter((target) => !target.up);
    this.#trouble.hidden = down.length === 0;
    const lines = down.map((target) => {
      const old = rows.find((row) => row.isStale && row.targetName === target.name);
      return `${target.name === "" ? "This JVM" : `Target ${target.name}`} cannot be read: ${target.error.replace(/[^.?!]$/u, "$&.")}`
        + (old ? ` Its figures are as of ${time(old.asOf)}, and not in the sums above.` : " None of its figures are shown.");
    });
    if (this.#trouble.dataset.lines !== lines.join("\n")) {
      this.#trouble.dataset.lines = lines.join("\n");
      this.#trouble.replaceChildren(...lines.map((line) => el("p", {}, line)));
    }
  }

  #showConnections(connections, targets) {
    this.#section.hidden = connections.length === 0;
    const hasTargets = targets.length > 1;
    const head = ["Manager", hasTargets ? "Target" : null, "State", "Ping", "Reconnects", "Active", "Idle", "Waiting"];
    this.#connections.replaceChildren(el("table", {},
      el("caption", { class: "unseen" }, "Connections to the store, by cache manager"),
      el("thead", {}, el("tr", {}, ...head.filter(Boolean).map((title, i) =>
        el("th", { scope: "col", class: i > (hasTargets ? 2 : 1) ? "number" : null }, title)))),
      el("tbody", {}, ...connections.map((connection) => el("tr", {},
        el("th", { scope: "row" }, nameOf(connection.manager)),
        hasTargets ? el("td", {}, nameOf(targets[connection.target].name, "–")) : null,
        el("td", {}, state(connection.healthy, connection.openBreakers)),
        ...[
          duration(connection.pingNanos),
          count(connection.reconnects),
          count(connection.poolActive),
          count(connection.poolIdle),
          count(connection.poolWaiting),
        ].map((text) => el("td", { class: "number" }, text)))))));
  }
  #showNodes(connections, targets) {
    const all = connections.flatMap((connection) => connection.nodes.map((node) => ({ ...node, connection })));
    this.#nodesSection.hidden = all.length === 0;
    // Sorting is stable, so that the servers of a manager stay together.
    const shown = all.sort((a, b) => isIll(b) - isIll(a)).slice(0, MOST_NODES);
    this.#moreNodes.hidden = all.length === shown.length;
    setText(this.#moreNodes, `${count(all.length - shown.length)} more servers are not shown.`);
    const hasManagers = connections.length > 1;
    const hasTargets = targets.length > 1;
    const head = ["Server", hasManagers ? "Manager" : null, hasTargets ? "Target" : null, "Role", "State", "Slots", "Ping"]
      .filter(Boolean);
    this.#nodes.replaceChildren(el("table", {},
      el("caption", { class: "unseen" }, "Servers of the store"),
      el("thead", {}, el("tr", {}, ...head.map((title, i) =>
        el("th", { scope: "col", class: i > head.length - 3 ? "number" : null }, title)))),
      el("tbody", {}, ...shown.map((node) => el("tr", {},
        el("th", { scope: "row" }, nameOf(node.address)),
        hasManagers ? el("td", {}, nameOf(node.connection.manager)) : null,
        hasTargets ? el("td", {}, nameOf(targets[node.connection.target].name, "–")) : null,
        el("td", {}, node.role ?? "–"),
        el("td", {}, nodeState(node)),
        el("td", { class: "number" }, count(node.slots)),
        // The ping of a server that does not answer is that of a better time.
        el("td", { class: "number" }, node.healthy === false ? "–" : duration(node.pingNanos)))))));
  }
}

const isIll = (node) => node.healthy === false || node.breakerOpen === true;

/** Said in words too: not everybody tells green from red. */
function state(healthy, openBreakers = 0) {
  return openBreakers > 0
    ? stateOf("bad", `✗ ${openBreakers} circuit breaker${openBreakers > 1 ? "s" : ""} open`)
    : healthy === null ? stateOf("", "not measured") : healthy ? stateOf("good", "✓ healthy") : stateOf("bad", "✗ failing");
}

function nodeState({ healthy, breakerOpen }) {
  return breakerOpen
    ? stateOf("bad", healthy ? "✗ circuit breaker open" : "✗ no answer, circuit breaker open")
    : healthy === null ? stateOf("", "–") : healthy ? stateOf("good", "✓ answers") : stateOf("bad", "✗ no answer");
}

const stateOf = (tone, text) => el("span", { class: "state", "data-tone": tone }, text);
