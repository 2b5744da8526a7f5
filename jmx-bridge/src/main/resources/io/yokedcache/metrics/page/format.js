// Numbers for people. null and undefined mean "not measured" and become a dash.

const DASH = "–";
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

/** Three digits that count, without an exponent: 0.012, 1.20, 12.3, 123, 1,234. */
function digits(value) {
  const size = Math.abs(value);
  if (size >= 99.95 || size === 0) {
    return whole.format(value);
  }
  return value.toFixed(size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3);
}

/** A text as an axis has it, where zeros at the end say nothing: "50.0 %" becomes "50 %". */
export const tick = (text) => text.replace(/(\.\d*?)0+(?!\d)/, "$1").replace(/\.(?!\d)/, "");

export const count = (value) => (isNumber(value) ? whole.format(value) : DASH);

export const shortCount = (value) =>
  isNumber(value) ? (Math.abs(value) < 10_000 ? digits(value) : compact.format(value)) : DASH;

export const rate = (value) => (isNumber(value) ? digits(value) : DASH);

export function percent(share) {
  if (!isNumber(share)) {
    return DASH;
  }
  // Not rounded up to 100: a cache that misses now and then is not one that never does.
  const value = share < 1 && share > 0.999 ? Math.floor(share * 1000) / 10 : share * 100;
  return `${value === 100 || value === 0 ? value : value.toFixed(1)} %`;
}

export function duration(nanos) {
  if (!isNumber(nanos)) {
    return DASH;
  }
  const [divisor, unit] =
    nanos < 1e3 ? [1, "ns"] : nanos < 1e6 ? [1e3, "µs"] : nanos < 1e9 ? [1e6, "ms"] : [1e9, "s"];
  return `${digits(nanos / divisor)} ${unit}`;
}

export function bytes(value) {
  if (!isNumber(value)) {
    return DASH;
  }
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 ? whole.format(size) : digits(size)} ${units[unit]}`;
}

export function age(seconds) {
  if (!isNumber(seconds)) {
    return DASH;
  }
  const s = Math.floor(seconds);
  if (s < 60) {
    return `${s} s`;
  }
  if (s < 3600) {
    return `${Math.floor(s / 60)} min ${s % 60} s`;
  }
  if (s < 86_400) {
    return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  }
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}

export const ago = (seconds) => (isNumber(seconds) ? `${age(seconds)} ago` : DASH);

export const time = (millis) => clock.format(millis);

/** "invalidations.tag" and "loadFailures" as words. */
export const words = (name) =>
  name.replace(/[.]/g, " ").replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
