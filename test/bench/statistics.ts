/** Quantiles of a series of measurements, by linear interpolation. */
export interface Summary {
  n: number;
  min: number;
  p10: number;
  p50: number;
  p90: number;
  max: number;
}

export function summarize(values: readonly number[]): Summary {
  if (!values.length) throw new RangeError('nothing was measured');
  const sorted = [...values].sort((a, b) => a - b);
  const at = (q: number) => quantile(sorted, q);
  return { n: sorted.length, min: at(0), p10: at(0.1), p50: at(0.5), p90: at(0.9), max: at(1) };
}

function quantile(sorted: readonly number[], q: number): number {
  const position = (sorted.length - 1) * q;
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (position - below);
}
