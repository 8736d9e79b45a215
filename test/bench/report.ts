import { summarize } from './statistics.js';

/** A line of a benchmark's table. `floor` names the series to which its ratio is computed. */
export interface Series {
  name: string;
  values: number[];
  floor?: string;
}

/** A table in milliseconds; each median with its ratio to the floor's median. */
export function renderReport(title: string, all: readonly Series[]): string {
  const rows = [['ms', 'n', 'min', 'p10', 'p50', 'p90', 'max', 'p50 / floor']];
  for (const series of all) rows.push(row(series, all));
  const widths = rows[0].map((_, column) => Math.max(...rows.map((cells) => cells[column].length)));
  const lines = rows.map((cells) =>
    cells.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join('  '),
  );
  return [title, ...lines].join('\n');
}

function row(series: Series, all: readonly Series[]): string[] {
  if (!series.values.length) return [series.name, '0', '-', '-', '-', '-', '-', '-'];
  const { n, min, p10, p50, p90, max } = summarize(series.values);
  const floor = all.find((other) => other.name === series.floor);
  const ratio = floor?.values.length ? `${(p50 / summarize(floor.values).p50).toFixed(2)}x` : '';
  return [series.name, String(n), ...[min, p10, p50, p90, max].map(round), ratio];
}

function round(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}
