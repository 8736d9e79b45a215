import type { LocalFleet } from '#apps/cli/demo/local-fleet';
import { endProcess } from '#apps/cli/process/pid-file';
import { startPostgres } from '#apps/cli/services/postgres';
import { sleep } from '#libs/common/clock';
import { FAULT_POINTS } from '#libs/common/fault-point';
import type { FaultPoint } from '#libs/common/fault-point';
import { isolate } from '#test/e2e/fleet/isolation';
import { CriuGate } from './criu-gate.js';
import { SmallDisk } from './small-disk.js';

/** The move that the fault is to strike. */
export interface Victim {
  local: LocalFleet;
  source: string;
  target: string;
}

interface Fault {
  /** Runs while the move is held. */
  inject(victim: Victim): Promise<void>;
  /** Runs when the move goes on: starts what was killed, as an init system does. */
  after?(victim: Victim): Promise<void>;
  /** Runs when the move has ended. */
  heal?(victim: Victim): Promise<void>;
}

const SHORT_CUT_MS = 5_000;

export const FAULTS = {
  'source-agent-killed': {
    inject: ({ local, source }) => local.killAgent(source),
    after: ({ local, source }) => local.startAgent(source),
  },
  'target-agent-killed': {
    inject: ({ local, target }) => local.killAgent(target),
    after: ({ local, target }) => local.startAgent(target),
  },
  'worker-killed': {
    inject: ({ local }) => local.killProcess('worker'),
    after: ({ local }) => local.startProcess('worker'),
  },
  'api-killed': {
    inject: ({ local }) => local.killProcess('api'),
    after: ({ local }) => local.startProcess('api'),
  },
  'link-cut-5s': {
    inject: (victim) => separate(victim, true),
    async after(victim) {
      await sleep(SHORT_CUT_MS);
      await separate(victim, false);
    },
    heal: (victim) => separate(victim, false),
  },
  'link-lost': {
    inject: (victim) => separate(victim, true),
    heal: (victim) => separate(victim, false),
  },
  'dump-fails': {
    inject: ({ local, source }) => new CriuGate(local.layout, source).fail('dump'),
    heal: ({ local, source }) => new CriuGate(local.layout, source).work(),
  },
  'restore-fails': {
    inject: ({ local, target }) => new CriuGate(local.layout, target).fail('restore'),
    heal: ({ local, target }) => new CriuGate(local.layout, target).work(),
  },
  'target-disk-full': {
    inject: ({ local, target }) => new SmallDisk(local.layout, target).fill('disk'),
    heal: ({ local, target }) => new SmallDisk(local.layout, target).empty(),
  },
  'target-memory-full': {
    inject: ({ local, target }) => new SmallDisk(local.layout, target).fill('memory'),
    heal: ({ local, target }) => new SmallDisk(local.layout, target).empty(),
  },
  'postgres-restarted': {
    async inject({ local: { layout } }) {
      await endProcess(layout.pidFile('postgres'), 20_000, 'SIGINT');
      await startPostgres(layout);
    },
  },
  'redis-emptied': { inject: ({ local }) => local.emptyRedis() },
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;
export const FAULT_NAMES = Object.keys(FAULTS) as FaultName[];

/** The first step at which CRIU is past what the fault makes fail: from there on the fault has no effect. */
const TOO_LATE: Partial<Record<FaultName, FaultPoint>> = {
  'dump-fails': 'source.cut',
  'restore-fails': 'target.restored',
};

export function canStrike(fault: FaultName, step: FaultPoint): boolean {
  const late = TOO_LATE[fault];
  return !late || FAULT_POINTS.indexOf(step) < FAULT_POINTS.indexOf(late);
}

export const faultOf = (name: FaultName): Fault => FAULTS[name];

/** Cuts source and target off from each other; control plane and client stay connected to both. */
function separate({ local, source, target }: Victim, on: boolean): Promise<void> {
  return isolate(local.layout, [source, target], on);
}
