// Distributions of durations as counts of cells: cell i holds what took more than bounds[i-1] and at
// most bounds[i] nanoseconds; the last cell has no upper bound. The server computes percentiles
// since the start by the same rule (OperationReading.percentileNanos).

/** Returns the counts since an earlier reading; null if the counts began anew in between. */
export function difference(now, before) {
  if (!before || before.length !== now.length) {
    return null;
  }
  const grown = now.map((value, i) => value - before[i]);
  return grown.some((value) => value < 0) ? null : grown;
}

export const total = (cells) => cells.reduce((sum, value) => sum + value, 0);

/** The duration that a share of all do not exceed, in nanoseconds; null if there are none. */
export function percentile(bounds, cells, share, maxNanos) {
  const all = total(cells);
  const rank = Math.max(1, Math.ceil(share * all));
  let below = 0;
  for (let i = 0; i < cells.length; i++) {
    if (cells[i] > 0 && below + cells[i] >= rank) {
      const lower = i === 0 ? 0 : bounds[i - 1];
      let upper = i < bounds.length ? bounds[i] : maxNanos > 0 ? maxNanos : lower;
      if (maxNanos > 0) {
        upper = Math.min(upper, maxNanos);
      }
      return lower + (Math.max(0, upper - lower) * (rank - below)) / cells[i];
    }
    below += cells[i];
  }
  return null;
}

/**
 * Joins cells to bars wide enough to see. Their edges are bounds of the cells, so that no count has
 * to be split by guess.
 *
 * @param parts distributions with the same bounds, drawn into the same bars
 * @returns {{lower: number, upper: number, counts: number[]}[]} from the first to the last bar that
 *     is not empty
 */
export function bars(bounds, parts, ratio = 1.18) {
  const joined = [];
  let lower = 0;
  let counts = parts.map(() => 0);
  for (let i = 0; i <= bounds.length; i++) {
    parts.forEach((cells, part) => (counts[part] += cells[i]));
    const upper = i < bounds.length ? bounds[i] : Infinity;
    if (i === bounds.length || lower === 0 || upper >= lower * ratio) {
      joined.push({ lower, upper, counts });
      lower = upper;
      counts = parts.map(() => 0);
    }
  }
  const isUsed = (bar) => bar.counts.some((value) => value > 0);
  const first = joined.findIndex(isUsed);
  const last = joined.findLastIndex(isUsed);
  return first < 0 ? [] : joined.slice(first, last + 1);
}
