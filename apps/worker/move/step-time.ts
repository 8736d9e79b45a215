import { nameOfSetting, settings } from '#libs/common/settings/settings';
import type { StepRun } from '#libs/operations/workflow';
import type { MoveContext } from './move-context.js';
import { MoveFailedError } from './move.errors.js';

/** What setTimeout can count. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** The setting, in seconds, of what may take its time before the commit. After it there is no way back to take. */
const LIMITS = {
  precheck: 'precheckSeconds',
  prepare: 'prepareSeconds',
  stop: 'stopSeconds',
  transfer: 'transferSeconds',
} as const;

export type TimedStep = keyof typeof LIMITS;

type Run = Pick<StepRun<unknown, MoveContext>, 'context' | 'signal'>;

/**
 * The time of one step of a move, all its tries together. When it is over `signal` ends with a MoveFailedError that names
 * the step, which takes the move back. `end` is to be called in any case.
 */
export class StepTime {
  readonly signal: AbortSignal;
  private readonly timer: NodeJS.Timeout;

  constructor(run: Run, step: TimedStep) {
    const name = nameOfSetting('moves', LIMITS[step]);
    const seconds = settings('moves')[LIMITS[step]];
    const begun = ((run.context.begun ??= {})[step] ??= Date.now());
    const over = new AbortController();
    const late = () => over.abort(new MoveFailedError(step, `it was not done within ${seconds} s (${name})`));
    const left = begun + seconds * 1000 - Date.now();
    this.timer = setTimeout(late, Math.min(Math.max(0, left), LONGEST_TIMER_MS));
    this.signal = AbortSignal.any([run.signal, over.signal]);
  }

  end(): void {
    clearTimeout(this.timer);
  }
}

/** Runs `work` in the time of `step`; it has to heed the signal that it gets. */
export async function inTime<T>(run: Run, step: TimedStep, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const time = new StepTime(run, step);
  try {
    return await work(time.signal);
  } finally {
    time.end();
  }
}
