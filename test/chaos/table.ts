import { FAULT_POINTS } from '#libs/common/fault-point';
import { FAULT_NAMES } from './faults.js';
import type { RoundResult } from './round.js';

/** One line for a round. */
export function renderRound(number: number, result: RoundResult): string {
  const verdict = verdictOf(result);
  const how = [result.migration, `gap ${Math.round(result.gapMs)} ms`, `${result.seconds.toFixed(1)} s`];
  if (result.none) how.push(result.none);
  if (result.broke) how.push('connection broke');
  const line = `${String(number).padStart(3)} ${verdict} ${result.step} x ${result.fault}: ${how.join(', ')}`;
  return [line, ...result.violations.map((violation) => `      ${violation}`)].join('\n');
}

type Verdict = 'ok' | 'VIOLATED' | 'no round' | 'not reached';

/** A round whose move never reached the step is not ok: its fault was not tried. */
export function verdictOf({ none, reached, violations }: RoundResult): Verdict {
  if (none) return 'no round';
  if (violations.length) return 'VIOLATED';
  return reached ? 'ok' : 'not reached';
}

/** Step × fault: number of rounds (violations); moved + stayed. */
export function renderTable(results: readonly RoundResult[]): string {
  const faults = FAULT_NAMES.filter((fault) => results.some((result) => result.fault === fault));
  const steps = FAULT_POINTS.filter((step) => results.some((result) => result.step === step));
  const rows = steps.map((step) => [
    step,
    ...faults.map((fault) => renderCell(results.filter((found) => found.step === step && found.fault === fault))),
  ]);
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [row(['step', ...faults]), row(['step', ...faults].map(() => '---')), ...rows.map(row)].join('\n');
}

function renderCell(all: readonly RoundResult[]): string {
  const results = all.filter((result) => !result.none);
  if (!results.length) return '';
  const count = (which: (result: RoundResult) => boolean) => results.filter(which).length;
  const moved = count((result) => result.migration === 'completed');
  const bad = count((result) => result.violations.length > 0);
  const unreached = count((result) => !result.reached);
  return `${moved}+${results.length - moved}${unreached ? ` (${unreached} not reached)` : ''}${bad ? ` **${bad} bad**` : ''}`;
}
