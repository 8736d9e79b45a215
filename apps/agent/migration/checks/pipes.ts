import type { HeldFiles } from './held-files.js';

/** CRIU: include/pipes.h, NR_PIPES_WITH_DATA; it counts empty ones too. */
const MOST_PIPES = 1024;

/** CRIU carries a limited number of pipes for a whole instance. */
export function blockingPipes(held: readonly HeldFiles[]): string[] {
  const holders = held.map(({ task, files }) => ({
    task,
    pipes: new Set(files.filter(isPipe).map(({ link }) => link)),
  }));
  const all = new Set(holders.flatMap(({ pipes }) => [...pipes]));
  if (all.size <= MOST_PIPES) return [];
  const { task, pipes } = holders.reduce((most, one) => (one.pipes.size > most.pipes.size ? one : most));
  return [
    `The instance has ${all.size} pipes, more than the ${MOST_PIPES} that CRIU carries, most of them ${task.name} (${pipes.size}): end some of what holds them.`,
  ];
}

const isPipe = ({ link }: { link: string }): boolean => link.startsWith('pipe:[');
