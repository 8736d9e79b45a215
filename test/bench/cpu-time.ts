import { cpus } from 'node:os';

export interface CpuUse {
  /** Core seconds used by all processes of the machine. */
  coreSeconds: number;
  /** Share of the machine's cores that was busy, 0 to 1. Near 1, more parallelism gains nothing. */
  share: number;
}

/** Begins to measure; the returned function returns what has been used since. */
export function cpuTime(): () => CpuUse {
  const [before, since] = [busySeconds(), performance.now()];
  return () => {
    const coreSeconds = busySeconds() - before;
    return { coreSeconds, share: coreSeconds / (((performance.now() - since) / 1000) * cpus().length) };
  };
}

function busySeconds(): number {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000;
}
