import { addressOf, hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import { PingPongSession } from '#apps/cli/client/ping-pong-session';
import { messageOf } from '#libs/common/errors';
import { sleep } from '#libs/common/clock';
import { FAULT_POINTS } from '#libs/common/fault-point';
import type { FaultPoint } from '#libs/common/fault-point';
import type { TestFleet } from '#test/e2e/fleet/test-fleet';
import { faultOf } from './faults.js';
import type { FaultName, Victim } from './faults.js';
import { violations } from './invariants.js';
import { GuestMemory } from './guest-memory.js';
import { HeldPoint, memoryModeAt } from './points.js';

export interface Round {
  step: FaultPoint;
  fault: FaultName;
}

export interface RoundResult extends Round {
  /** How the migration ended, as Nova shows it. */
  migration: string;
  violations: string[];
  /** True: the client's connection broke in the freeze, where it may. */
  broke: boolean;
  /** False: the move did not reach the step, so the fault was not injected. */
  reached: boolean;
  /** Why no move was made at all; such a round proves nothing. */
  none?: string;
  gapMs: number;
  seconds: number;
}

const CLIENT_PATIENCE_MS = 90_000;

/** Steps at which the instance is frozen: a fault there may break the client's connection, but nothing else. */
const inFreeze = (step: FaultPoint): boolean => {
  const at = FAULT_POINTS.indexOf(step);
  return at >= FAULT_POINTS.indexOf('source.cut') && at <= FAULT_POINTS.indexOf('source.letting-go');
};

/** Makes one live move with one fault at one step, under a client. Never throws. */
export async function runRound(fleet: TestFleet, serverId: string, round: Round, target: string): Promise<RoundResult> {
  const begun = performance.now();
  const result: RoundResult = {
    ...round,
    ...{ migration: '-', violations: [], broke: false, reached: false, gapMs: 0, seconds: 0 },
  };
  try {
    const server = await fleet.cloud.compute.show(serverId);
    const memory = memoryModeAt(round.step) && (await GuestMemory.of(fleet, server));
    await move(fleet, server, result, { local: fleet.local, source: hostOf(server), target });
    result.violations.push(...((await memory?.faults()) ?? []));
    result.violations.push(...(await violations(fleet, serverId)));
  } catch (error) {
    result.violations.push(messageOf(error));
  }
  result.seconds = (performance.now() - begun) / 1000;
  return result;
}

async function move(fleet: TestFleet, server: Server, result: RoundResult, victim: Victim): Promise<void> {
  const { cloud, local } = fleet;
  const { address } = addressOf(server);
  const session = await PingPongSession.open(local.client.namespace, address, 7, 10, CLIENT_PATIENCE_MS);
  const [point, fault] = [new HeldPoint(local.layout, result.step, victim), faultOf(result.fault)];
  try {
    await point.hold();
    const ended = await cloud.compute.startLiveMigration(server.id, victim.target, memoryModeAt(result.step));
    const end = patiently(ended);
    result.reached = await point.reached(end);
    if (result.reached) await fault.inject(victim);
    await point.release();
    await fault.after?.(victim);
    try {
      result.migration = (await end).status;
    } finally {
      await fault.heal?.(victim);
    }
    await Promise.all(local.hosts.map((host) => cloud.compute.hostIs(host, 'up')));
    const seen = await session.close();
    result.gapMs = seen.longestGapMs;
    result.broke = !seen.open;
    if (!seen.open && !inFreeze(result.step)) result.violations.push(`the client: ${seen.failure}`);
    if (!seen.open && /^sent/.test(seen.failure ?? '')) result.violations.push(`the client: ${seen.failure}`);
    if (!seen.open) await fleet.answers(server);
  } finally {
    await point.release();
    await fault.heal?.(victim);
    session.kill();
  }
}

/** Repeats `work` while the API may be on its way back, but not a wait that has timed out. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + 120_000; ; await sleep(300)) {
    try {
      return await work();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}
