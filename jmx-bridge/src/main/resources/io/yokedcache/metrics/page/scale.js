// Axes: where a value lies in pixels, and which values get a tick.

/** A scale from 0 to a round number not below max. */
export function linear(max, pixelsFrom, pixelsTo, ticks = 4) {
  const rough = (max > 0 ? max : 1) / ticks;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= rough * 0.999);
  const top = Math.ceil((max > 0 ? max : 1) / step - 1e-9) * step;
  const values = [];
  for (let i = 0; i * step <= top * 1.0001; i++) {
    values.push(i * step);
  }
  return {
    ticks: values,
    at: (value) => pixelsFrom + (value / top) * (pixelsTo - pixelsFrom),
  };
}

/** A logarithmic scale between round numbers around min and max, both above 0. */
export function logarithmic(min, max, pixelsFrom, pixelsTo, mostTicks = 6) {
  const steps = [];
  for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power++) {
    steps.push(1 * 10 ** power, 2 * 10 ** power, 5 * 10 ** power);
  }
  const low = steps.findLast((step) => step <= min * 1.0001) ?? steps[0];
  let high = steps.find((step) => step >= max * 0.9999) ?? steps.at(-1);
  if (high <= low) {
    high = low * 2;
  }
  let ticks = steps.filter((step) => step >= low * 0.999 && step <= high * 1.001);
  if (ticks.length < 3) {
    ticks = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].map((factor) => factor * 10 ** Math.floor(Math.log10(low * 1.0001)))
      .filter((step) => step >= low * 0.999 && step <= high * 1.001);
  } else if (ticks.length > mostTicks) {
    const decades = ticks.filter((tick) => Number.isInteger(Math.round(Math.log10(tick) * 1e6) / 1e6));
    ticks = decades.length >= 2 ? decades : ticks.filter((tick, i) => i % 2 === 0);
  }
  const width = Math.log(high / low);
  return {
    low,
    high,
    ticks,
    at: (value) =>
      pixelsFrom + (Math.log(Math.max(low, Math.min(high, value)) / low) / width) * (pixelsTo - pixelsFrom),
  };
}

const TIME_STEPS = [5, 10, 15, 30, 60, 120, 300, 600, 900].map((seconds) => seconds * 1000);

/** Times of day, in ms, at round steps, at most as many as fit. */
export function timeTicks(from, to, most) {
  const step = TIME_STEPS.find((size) => (to - from) / size <= most) ?? 1_800_000;
  // Round in the viewer's own time, which may be half an hour off.
  const offset = new Date(from).getTimezoneOffset() * 60_000;
  const ticks = [];
  for (let at = Math.ceil((from - offset) / step) * step + offset; at <= to; at += step) {
    ticks.push(at);
  }
  return ticks;
}
