import { hostOf } from '#apps/cli/client/compute';
import { messageOf } from '#libs/common/errors';
import { sleep } from '#libs/common/clock';
import { TestFleet } from '#test/e2e/fleet/test-fleet';
import { CriuGate } from './criu-gate.js';
import { pick } from './random.js';
import { runRound } from './round.js';
import type { Round, RoundResult } from './round.js';

const ROUND_BOUND_MS = 200_000;

/** Rounds on one fleet: the server is kept between them, and made anew after one that went wrong. */
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

  async run(round: Round): Promise<RoundResult> {
    const failed = (why: string): RoundResult => ({
      ...round,
      ...{ migration: '-', violations: [why], broke: false, reached: false, gapMs: 0, seconds: ROUND_BOUND_MS / 1000 },
    });
    let result: RoundResult;
    try {
      this.serverId ??= (await this.fleet.running('e2e-chaos')).id;
      const home = hostOf(await this.fleet.cloud.compute.show(this.serverId));
      const others = this.fleet.local.hosts.filter((host) => host !== home);
      const target = pick(others, this.random);
      const late = sleep(ROUND_BOUND_MS).then(() => failed(`it has not ended within ${ROUND_BOUND_MS / 1000} s`));
      result = await Promise.race([runRound(this.fleet, this.serverId, round, target), late]);
    } catch (error) {
      result = failed(`no round: ${messageOf(error)}`);
    }
    if (result.violations.length) await this.startAfresh();
    return result;
  }

  async close(): Promise<void> {
    if (this.serverId) await this.fleet.remove(this.serverId).catch(() => undefined);
    this.fleet.close();
  }

  /** What cannot be removed is left to the next look at it. */
  private async startAfresh(): Promise<void> {
    const { local } = this.fleet;
    for (const name of ['api', 'worker'] as const) await local.startProcess(name).catch(() => undefined);
    for (const host of local.hosts) await local.startAgent(host).catch(() => undefined);
    const id = this.serverId;
    this.serverId = undefined;
    if (id) await this.fleet.remove(id).catch(() => undefined);
  }
}
