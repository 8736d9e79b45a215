import { cpus, loadavg } from 'node:os';

/** The machine's load, in words: figures of a busy machine are another thing. */
export function loadAverage(): string {
  const averages = loadavg().map((value) => value.toFixed(1));
  return `${averages.join(' ')} on ${cpus().length} CPUs`;
}
