import { cpus } from 'node:os';

export interface CpuUse {
  /** Of all processes of the machine. */
  coreSeconds: number;
  /** Of what the machine has, 0 to 1: near 1 nothing gets faster by being done at once. */
  share: number;
}

/** Begins to measure; the function returned says what has been used since. */
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
