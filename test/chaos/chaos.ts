import { hostOf } from '#apps/cli/client/compute';
import { messageOf } from '#libs/common/errors';
import { sleep } from '#libs/common/clock';
import { TestFleet } from '#test/e2e/fleet/test-fleet';
import { CriuGate } from './criu-gate.js';
import { pick } from './random.js';
import { runRound } from './round.js';
import type { Round, RoundResult } from './round.js';

const ROUND_BOUND_MS = 600_000;

/** Rounds on one fleet. They share a server; a new one is made after a round that went wrong. */
export class Chaos {
  private serverId: string | undefined;

  private constructor(
    readonly fleet: TestFleet,
    private readonly random: () => number,
  ) {}

  /** The fleet that LXSTACK_DEPLOYMENT names. */
  static async open(random: () => number): Promise<Chaos> {
    const fleet = await TestFleet.open();
    for (const host of fleet.local.hosts) await new CriuGate(fleet.local.layout, host).install();
    return new Chaos(fleet, random);
  }

  /** Runs one round; `none` in the result where no server could be made for it. */
  async run(round: Round): Promise<RoundResult> {
    const nothing = { migration: '-', violations: [], broke: false, reached: false, gapMs: 0, seconds: 0 };
    let home: string;
    try {
      // An API that was killed may be back too late to renew a lease; until the next heartbeat the host is down and
      // refuses moves.
      for (const host of this.fleet.local.hosts) await this.fleet.cloud.compute.hostIs(host, 'up');
      this.serverId ??= (await this.fleet.running('e2e-chaos')).id;
      home = hostOf(await this.fleet.cloud.compute.show(this.serverId));
    } catch (error) {
      await this.startAfresh();
      return { ...round, ...nothing, none: messageOf(error) };
    }
    const others = this.fleet.local.hosts.filter((host) => host !== home);
    const why = `it has not ended within ${ROUND_BOUND_MS / 1000} s`;
    const late = { ...round, ...nothing, violations: [why], seconds: ROUND_BOUND_MS / 1000 };
    const result = await Promise.race([
      runRound(this.fleet, this.serverId, round, pick(others, this.random)),
      sleep(ROUND_BOUND_MS).then((): RoundResult => late),
    ]);
    if (result.violations.length) await this.startAfresh();
    return result;
  }

  async close(): Promise<void> {
    if (this.serverId) await this.fleet.remove(this.serverId).catch(() => undefined);
    this.fleet.close();
  }

  /** Removes the server; what cannot be removed is found by the next look. */
  private async startAfresh(): Promise<void> {
    const { local } = this.fleet;
    for (const name of ['api', 'worker'] as const) await local.startProcess(name).catch(() => undefined);
    for (const host of local.hosts) await local.startAgent(host).catch(() => undefined);
    const id = this.serverId;
    this.serverId = undefined;
    if (id) await this.fleet.remove(id).catch(() => undefined);
  }
}
