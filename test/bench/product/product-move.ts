import type { Server } from '#apps/cli/client/compute';
import type { TestFleet } from '#test/e2e/fleet/test-fleet';

/** One server that is live-migrated through the compute API. */
export class ProductMove {
  private constructor(
    private readonly fleet: TestFleet,
    private readonly server: Server,
  ) {}

  static async start(fleet: TestFleet, image: 'busybox' | 'debian'): Promise<ProductMove> {
    const server = await fleet.running(`bench-move-${image}`, image);
    await new Promise((resolve) => setTimeout(resolve, 3000));
    return new ProductMove(fleet, server);
  }

  /** Moves it under a ping-pong client; the longest silence in milliseconds. Throws where anything is lost. */
  async move(): Promise<number> {
    const { compute } = this.fleet.cloud;
    const { seen, result } = await this.fleet.cloud.underTraffic(this.server, () =>
      compute.liveMigrate(this.server.id),
    );
    if (result.status !== 'completed') throw new Error(`the migration ended as ${result.status}`);
    if (!seen.open) throw new Error(`the connection broke: ${seen.failure}`);
    return seen.longestGapMs;
  }

  async stop(): Promise<void> {
    await this.fleet.remove(this.server.id);
  }
}
