// Makes elements. Text goes in as text nodes only: names of caches come from anywhere and must never
// be read as markup.

const SVG = "http://www.w3.org/2000/svg";

export function el(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      node.setAttribute(name, value === true ? "" : value);
    }
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Sets text only if it is another, as writing makes the browser lay out anew. */
export function setText(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

export function setAttribute(node, name, value) {
  if (node.getAttribute(name) !== value) {
    node.setAttribute(name, value);
  }
}

/** A name that others chose: its direction must not turn around what stands beside it. */
export function nameOf(text, empty = "(no name)") {
  return text.trim() === "" ? el("em", {}, empty) : el("bdi", {}, text);
}

/** Options of a select box: operations, then the phases of operations apart. */
export function optionsOf(operations, phases) {
  const option = (name) => el("option", { value: name }, name);
  return [
    ...operations.map(option),
    ...(phases.length === 0 ? [] : [el("optgroup", { label: "Phases of operations" }, ...phases.map(option))]),
  ];
}

/** Says something to who cannot see the page; the same words again are not repeated. */
export function announce(text) {
  setText(document.getElementById("announcer"), text);
}

/** Writes a table anew: head cells, then rows of cells, all text; the first of a row is its head. */
export function fillTable(table, caption, head, rows) {
  const isNumber = (i) => i > 0;
  table.replaceChildren(
    el("caption", { class: "unseen" }, caption),
    el("thead", {}, el("tr", {}, ...head.map((text, i) =>
      el("th", { scope: "col", class: isNumber(i) ? "number" : null }, text)))),
    el("tbody", {}, ...rows.map((row) => el("tr", {}, ...row.map((text, i) =>
      i === 0
        ? el("th", { scope: "row" }, el("bdi", {}, text))
        : el("td", { class: "number" }, text))))));
}
