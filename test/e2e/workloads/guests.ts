import assert from 'node:assert/strict';
import { addressOf, hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import { inside } from '#test/e2e/fleet/inside';
import type { TestFleet } from '#test/e2e/fleet/test-fleet';
import { workloadsImage } from './image.js';
import { Program } from './program.js';

/**
 * Two servers of one image: one is moved, the other uses it and stays where it is. Neither may have a whole processor: hosts,
 * clients and control plane of a test share the machine.
 */
export class Guests {
  private readonly programs: Program[] = [];

  private constructor(
    readonly fleet: TestFleet,
    private readonly moved: Server,
    private readonly client: Server,
    private readonly home: string,
  ) {}

  static async open(fleet: TestFleet): Promise<Guests> {
    const { compute, images } = fleet.cloud;
    const image = await images.ensure('workloads', workloadsImage, { 'lxd:migration.stateful': 'true' });
    const make = async (name: string, allowance: string) => {
      const flavor = await compute.ensureFlavor(`e2e.${name}`, { vcpus: 1, ram: 1536, disk: 8 });
      const extra = { extra_specs: { 'limits.cpu.allowance': allowance } };
      await fleet.cloud.api.call('POST', `/compute/v2.1/flavors/${flavor}/os-extra_specs`, extra);
      const id = await compute.create(`e2e-${name}`, image.id, flavor, fleet.networkId);
      return compute.settled(id, 'ACTIVE');
    };
    const [moved, client] = await Promise.all([make('workloads-moved', '50%'), make('workloads-client', '25%')]);
    await Promise.all([moved, client].map((server) => fleet.answers(server)));
    return new Guests(fleet, moved, client, hostOf(moved));
  }

  /** The address of the server that is moved. */
  get address(): string {
    return addressOf(this.moved).address;
  }

  /** The address of the server that uses it. */
  get clientAddress(): string {
    return addressOf(this.client).address;
  }

  /** Runs a shell's line in the server that is moved; returns its stdout. Throws where it fails. */
  inMoved(line: string): Promise<string> {
    return inside(this.fleet, this.moved, 'bash', '-c', line);
  }

  /** Runs a shell's line in the client; returns its stdout. Throws where it fails. */
  inClient(line: string): Promise<string> {
    return inside(this.fleet, this.client, 'bash', '-c', line);
  }

  /** Starts a program in the client that ends by a signal. */
  program(signal: string, ...words: string[]): Program {
    const program = new Program(signal, (...command) => inside(this.fleet, this.client, ...command), words);
    this.programs.push(program);
    return program;
  }

  /** After a failure: kills the client's programs, and waits until the move under way has ended. */
  async clear(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.kill()));
    await this.fleet.ended(this.moved.id, 900_000);
  }

  /** Moves it away, or home where it is away. The longest silence that a client of its echo service saw, in milliseconds. */
  async move(): Promise<number> {
    const { compute } = this.fleet.cloud;
    const now = hostOf(await compute.show(this.moved.id));
    const target = now === this.home ? await this.fleet.otherHost(now) : this.home;
    const { seen } = await this.fleet.cloud.underTraffic(this.moved, () => compute.movesLive(this.moved.id, target));
    assert.ok(seen.open, seen.failure);
    assert.equal(hostOf(await compute.show(this.moved.id)), target);
    return seen.longestGapMs;
  }

  /** Reasons against a live move. */
  async reasons(): Promise<string[]> {
    const path = `/fleet/v1/instances/${this.moved.id}/mobility`;
    type Answer = { mobility: { live: { reasons: string[] } } };
    return (await this.fleet.cloud.api.call<Answer>('GET', path)).mobility.live.reasons;
  }

  /** Removes both. */
  close(): Promise<void> {
    return this.fleet.remove(this.moved.id, this.client.id);
  }
}
