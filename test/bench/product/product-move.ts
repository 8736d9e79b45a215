import { hostOf } from '#apps/cli/client/compute';
import type { Server } from '#apps/cli/client/compute';
import type { TestFleet } from '#test/e2e/fleet/test-fleet';

/** A server that is live-migrated through the compute API. */
export class ProductMove {
  private constructor(
    private readonly fleet: TestFleet,
    readonly server: Server,
  ) {}

  static async start(fleet: TestFleet, image: 'busybox' | 'debian', flavorId = fleet.flavorId): Promise<ProductMove> {
    const { compute } = fleet.cloud;
    const id = await compute.create(`bench-move-${image}`, fleet.images[image], flavorId, fleet.networkId);
    const server = await compute.settled(id, 'ACTIVE');
    await fleet.answers(server);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    return new ProductMove(fleet, server);
  }

  /**
   * Moves the server under a ping-pong client; returns the longest silence in milliseconds. Throws where a message is
   * lost.
   */
  async move(): Promise<number> {
    const { compute } = this.fleet.cloud;
    const { seen, result } = await this.fleet.cloud.underTraffic(this.server, () =>
      compute.liveMigrate(this.server.id),
    );
    if (result.status !== 'completed') throw new Error(`the migration ended as ${result.status}`);
    if (!seen.open) throw new Error(`the connection broke: ${seen.failure}`);
    return seen.longestGapMs;
  }

  /** Makes a move whose target fails to restore; returns the longest silence until the server goes on at the source. */
  async refused(): Promise<number> {
    const { compute } = this.fleet.cloud;
    const target = await this.fleet.otherHost(hostOf(await compute.show(this.server.id)));
    await this.fleet.local.failRestores(target, true);
    try {
      const { seen, result } = await this.fleet.cloud.underTraffic(this.server, () =>
        compute.liveMigrate(this.server.id, target),
      );
      if (result.status === 'completed') throw new Error('the migration succeeded, it was to be refused');
      if (!seen.open) throw new Error(`the connection broke: ${seen.failure}`);
      return seen.longestGapMs;
    } finally {
      await this.fleet.local.failRestores(target, false);
    }
  }

  async stop(): Promise<void> {
    await this.fleet.remove(this.server.id);
  }
}
