import { join } from 'node:path';
import { cached } from '#apps/cli/hostroot/cache';
import { archive, unpack } from '#apps/cli/guest-images/archive';
import { busyboxRecipe } from '#apps/cli/guest-images/busybox';
import { ApiError } from '#apps/cli/client/api';
import type { Server } from '#apps/cli/client/compute';
import { inside } from '#test/e2e/fleet/inside';
import type { TestFleet } from '#test/e2e/fleet/test-fleet';
import { DIRECTORY, buildWitnesses, sourceHash } from './build.js';

/** What each witness said, by its kind. */
export type Said = ReadonlyMap<string, string>;

/** What did not go along, as the migration's record says it. */
export interface LostKind {
  kind: string;
  what: string;
  holders: string[];
}

/** A server of BusyBox with the witnesses in it. */
export class WitnessGuest {
  private constructor(
    private readonly fleet: TestFleet,
    private readonly server: Server,
  ) {}

  static async open(fleet: TestFleet): Promise<WitnessGuest> {
    const { compute } = fleet.cloud;
    const flavor = await compute.ensureFlavor('e2e.witness', { vcpus: 1, ram: 512, disk: 1 });
    const id = await compute.create('e2e-witness', await imageOf(fleet), flavor, fleet.networkId);
    const server = await compute.settled(id, 'ACTIVE');
    await fleet.answers(server);
    return new WitnessGuest(fleet, server);
  }

  /** Starts witnesses; each says `ready`, or why it cannot be set up. */
  start(kinds: readonly string[]): Promise<Said> {
    return this.words('start', kinds);
  }

  /** Tells them that they were moved; each says `ok`, or what is not as it was. */
  ask(kinds: readonly string[]): Promise<Said> {
    return this.words('ask', kinds);
  }

  /** Kills all processes but the guest's init. */
  async clear(): Promise<void> {
    await this.run('end');
  }

  /** Reasons against a live move. */
  async reasons(): Promise<string[]> {
    const path = `/fleet/v1/instances/${this.server.id}/mobility`;
    type Answer = { mobility: { live: { reasons: string[] } } };
    return (await this.fleet.cloud.api.call<Answer>('GET', path)).mobility.live.reasons;
  }

  /** Moves it; undefined where it has been moved, else why not: the guest goes on where it is. */
  async move(): Promise<string | undefined> {
    const { id } = this.server;
    try {
      if ((await this.fleet.cloud.compute.liveMigrate(id)).status === 'completed') return undefined;
    } catch (error) {
      if (error instanceof ApiError) return error.message;
      throw error;
    }
    return JSON.stringify((await this.record()).failure);
  }

  /** Kinds that its last move did not carry. */
  async lost(): Promise<LostKind[]> {
    return (await this.record()).lost;
  }

  close(): Promise<void> {
    return this.fleet.remove(this.server.id);
  }

  private async record(): Promise<{ failure: unknown; lost: LostKind[] }> {
    type Answer = { live_migration: { failure: unknown; lost: LostKind[] } };
    const path = `/fleet/v1/instances/${this.server.id}/live-migration`;
    return (await this.fleet.cloud.api.call<Answer>('GET', path)).live_migration;
  }

  private async words(what: 'start' | 'ask', kinds: readonly string[]): Promise<Said> {
    if (!kinds.length) return new Map();
    const lines = [...(await this.run(what, ...kinds)).matchAll(/^([\w-]+): (.*)$/gm)];
    return new Map(lines.map(([, kind, words]) => [kind!, words!]));
  }

  private run(...words: string[]): Promise<string> {
    return inside(this.fleet, this.server, `${DIRECTORY}/witness`, ...words);
  }
}

/** The id of the image, uploaded once for each state of the sources. */
async function imageOf(fleet: TestFleet): Promise<string> {
  const name = `witness-${sourceHash()}`;
  const { images } = fleet.cloud;
  const found = await images.find(name);
  if (found) return found.id;
  const recipe = { busyboxRecipe, sources: sourceHash() };
  const directory = await cached('guest-witness', recipe, async (made) => {
    const root = join(made, 'root');
    await unpack(fleet.local.images.busybox, root);
    await buildWitnesses(root, join(made, 'objects'));
    await archive(root, join(made, 'witness.tar.gz'));
  });
  return (await images.upload(name, join(directory, 'witness.tar.gz'))).id;
}
