import type { TestFleet } from '#test/e2e/fleet/test-fleet';
import type { FleetEvent } from '#apps/cli/client/events';

/** POST /servers on one host, until the websocket tells that the container runs. */
export class ProductLaunch {
  private count = 0;

  constructor(
    private readonly fleet: TestFleet,
    private readonly host: string,
  ) {}

  /** Launches a server and deletes it; returns milliseconds. */
  async launch(): Promise<number> {
    const ended = new Map<string, { at: number; state: string }>();
    let told = Promise.withResolvers<void>();
    const forget = this.fleet.cloud.events.listen((event) => {
      const outcome = buildOutcome(event);
      if (!outcome) return;
      ended.set(outcome.instanceId, { at: performance.now(), state: outcome.state });
      told.resolve();
    });
    try {
      const from = performance.now();
      const zone = { availability_zone: `nova:${this.host}` };
      const id = await this.fleet.create(`bench-launch-${++this.count}`, 'busybox', zone);
      const late = setTimeout(() => told.reject(new Error(`server ${id} is not built after 60 s`)), 60_000);
      while (!ended.has(id)) {
        await told.promise;
        told = Promise.withResolvers<void>();
      }
      clearTimeout(late);
      const { at, state } = ended.get(id)!;
      if (state !== 'done') throw new Error(`the build ended as ${state}`);
      await this.fleet.remove(id);
      return at - from;
    } finally {
      forget();
    }
  }
}

/** How an `instance.create` ended, from its operation's event. */
function buildOutcome({ type, resourceId, data }: FleetEvent): { instanceId: string; state: string } | undefined {
  if (type !== 'operation' || data.kind !== 'instance.create') return undefined;
  const state = String(data.state);
  return ['done', 'error', 'cancelled'].includes(state) ? { instanceId: resourceId, state } : undefined;
}
