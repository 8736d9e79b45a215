import type { Api } from './api.js';
import type { Events } from './events.js';

interface FleetHost {
  id: string;
  name: string;
}

interface FleetOperation {
  state: 'pending' | 'running' | 'undoing' | 'done' | 'error' | 'cancelled';
  failure: { message: string } | null;
}

/** The fleet's API for hosts (`/fleet/v1`). */
export class Hosts {
  constructor(
    private readonly api: Api,
    private readonly events: Events,
  ) {}

  /**
   * Waits until a host that is up again has been told what moved, and has removed what it lost. Throws where that
   * failed.
   */
  async resynced(name: string, timeoutMs = 120_000): Promise<void> {
    const { hosts } = await this.api.call<{ hosts: FleetHost[] }>('GET', '/fleet/v1/hosts');
    const host = hosts.find((one) => one.name === name);
    if (!host) throw new Error(`there is no host ${name}`);
    const path = `/fleet/v1/operations?resource_type=host&resource_id=${host.id}&kind=host.resync&limit=1`;
    await this.events.until(host.id, `host ${name} is brought up to date`, timeoutMs, async () => {
      const [last] = (await this.api.call<{ operations: FleetOperation[] }>('GET', path)).operations;
      if (last?.failure && last.state === 'error')
        throw new Error(`host ${name} is not up to date: ${last.failure.message}`);
      return last?.state === 'done' ? true : undefined;
    });
  }
}
