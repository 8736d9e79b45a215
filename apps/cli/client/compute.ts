import type { MemoryMode } from '#libs/agent-protocol/memory-modes';
import { ApiError } from './api.js';
import type { Api } from './api.js';
import type { Events } from './events.js';

/** A server as Nova shows it (v2.1, 2.79). */
export interface Server {
  id: string;
  name: string;
  status: string;
  addresses: Record<string, { addr: string; 'OS-EXT-IPS-MAC:mac_addr': string }[]>;
  fault?: { code: number; message: string };
  'OS-EXT-SRV-ATTR:host': string | null;
  'OS-EXT-STS:task_state': string | null;
}

export interface ServerMigration {
  id: number;
  status: string;
  instance_uuid: string;
  source_compute: string | null;
  dest_compute: string | null;
}

export interface ComputeService {
  id: string;
  host: string;
  binary: string;
  state: 'up' | 'down';
  status: 'enabled' | 'disabled';
}

export const hostOf = (server: Server): string => server['OS-EXT-SRV-ATTR:host'] ?? '';

/** Its first fixed address and the MAC that has it. */
export function addressOf(server: Server): { address: string; mac: string } {
  const [first] = Object.values(server.addresses).flat();
  if (!first) throw new Error(`server ${server.name} has no address`);
  return { address: first.addr, mac: first['OS-EXT-IPS-MAC:mac_addr'] };
}

const compute = '/compute/v2.1';
const moveTimeoutMs = 120_000;
/** What a migration's status is at its end. */
const ended = new Set(['completed', 'done', 'error', 'failed', 'cancelled']);

/** The part of Nova's API that the demo, the tests and the benchmarks use. */
export class Compute {
  constructor(
    private readonly api: Api,
    private readonly events: Events,
  ) {}

  /** The flavor of this name, made where it is not there; returns its id. */
  async ensureFlavor(name: string, size: { vcpus: number; ram: number; disk: number }): Promise<string> {
    type Flavor = { id: string; name: string };
    const { flavors } = await this.api.call<{ flavors: Flavor[] }>('GET', `${compute}/flavors`);
    const found = flavors.find((flavor) => flavor.name === name);
    if (found) return found.id;
    const flavor = { name, ...size };
    return (await this.api.call<{ flavor: Flavor }>('POST', `${compute}/flavors`, { flavor })).flavor.id;
  }

  async services(): Promise<ComputeService[]> {
    return (await this.api.call<{ services: ComputeService[] }>('GET', `${compute}/os-services`)).services;
  }

  /** An operator's word that the host is dead, or that it is not any more (Nova: 2.53). */
  async forceDown(host: string, forced_down: boolean): Promise<void> {
    const service = (await this.services()).find((one) => one.host === host);
    if (!service) throw new Error(`there is no compute service on ${host}`);
    await this.api.call('PUT', `${compute}/os-services/${service.id}`, { forced_down });
  }

  async create(
    name: string,
    imageRef: string,
    flavorRef: string,
    networkId: string,
    more: object = {},
  ): Promise<string> {
    const server = { name, imageRef, flavorRef, networks: [{ uuid: networkId }], ...more };
    const answer = await this.api.call<{ server: { id: string } }>('POST', `${compute}/servers`, { server });
    return answer.server.id;
  }

  async show(id: string): Promise<Server> {
    return (await this.api.call<{ server: Server }>('GET', `${compute}/servers/${id}`)).server;
  }

  async list(): Promise<Server[]> {
    return (await this.api.call<{ servers: Server[] }>('GET', `${compute}/servers/detail`)).servers;
  }

  /** An action of the server: `{ 'os-stop': null }` and the like. */
  async act(id: string, action: object): Promise<void> {
    await this.api.call('POST', `${compute}/servers/${id}/action`, action);
  }

  async remove(id: string): Promise<void> {
    await this.api.call('DELETE', `${compute}/servers/${id}`);
  }

  /** Waits until the server is in `status` with nothing going on. Throws with the fault where it is in ERROR instead. */
  async settled(id: string, status: string, timeoutMs = 120_000): Promise<Server> {
    return this.events.until(id, `server ${id} is ${status}`, timeoutMs, async () => {
      const server = await this.show(id);
      if (server['OS-EXT-STS:task_state'] !== null) return undefined;
      if (server.status === status) return server;
      if (server.status === 'ERROR') throw new Error(`server ${server.name} is in ERROR: ${server.fault?.message}`);
      return undefined;
    });
  }

  /** Waits until task_state is `taskState`, or past it: the server may be quicker than we look. */
  async busy(id: string, taskState: string, timeoutMs = 30_000): Promise<void> {
    await this.events.until(id, `server ${id} is ${taskState}`, timeoutMs, async () => {
      const server = await this.show(id);
      const now = server['OS-EXT-STS:task_state'];
      return now === taskState || (now === null && server.status !== 'BUILD') ? true : undefined;
    });
  }

  /** Waits until the host's lease is held (`up`) or has run out (`down`). */
  async hostIs(host: string, state: ComputeService['state'], timeoutMs = 60_000): Promise<void> {
    await this.events.until(host, `host ${host} is ${state}`, timeoutMs, async () => {
      const services = (await this.services()).filter((service) => service.host === host);
      return services.length && services.every((service) => service.state === state) ? true : undefined;
    });
  }

  /** Waits until the server is on another host than `host`. */
  async left(id: string, host: string, timeoutMs = 120_000): Promise<void> {
    await this.events.until(id, `server ${id} has left ${host}`, timeoutMs, async () => {
      const server = await this.show(id);
      if (server.status === 'ERROR') throw new Error(`server ${server.name} is in ERROR: ${server.fault?.message}`);
      return hostOf(server) !== host ? true : undefined;
    });
  }

  async gone(id: string, timeoutMs = 60_000): Promise<void> {
    await this.events.until(id, `server ${id} is gone`, timeoutMs, async () => {
      const answer = await this.api.ask<{ server: Server }>('GET', `${compute}/servers/${id}`);
      if (answer.status === 404) return true;
      if (answer.status >= 400) throw new ApiError(answer.status, answer.body, `GET server ${id}`);
      return undefined;
    });
  }

  /** The newest migration of a server, as `GET /os-migrations` shows it. */
  async lastMigration(id: string): Promise<ServerMigration | undefined> {
    const path = `${compute}/os-migrations?instance_uuid=${id}`;
    const { migrations } = await this.api.call<{ migrations: ServerMigration[] }>('GET', path);
    return migrations.sort((a, b) => b.id - a.id)[0];
  }

  /** Cold-migrates up to VERIFY_RESIZE. Throws where the migration ends otherwise. */
  async coldMigrate(id: string): Promise<Server> {
    const before = (await this.lastMigration(id))?.id ?? 0;
    await this.act(id, { migrate: null });
    return this.events.until(id, `cold migration of ${id}`, moveTimeoutMs, async () => {
      const server = await this.show(id);
      if (server.status === 'VERIFY_RESIZE' && server['OS-EXT-STS:task_state'] === null) return server;
      const migration = await this.lastMigration(id);
      if (migration && migration.id > before && ended.has(migration.status))
        throw new Error(`the cold migration ended as ${migration.status}: ${server.fault?.message ?? 'no fault'}`);
      return undefined;
    });
  }

  /** Live-migrates and waits for its end, whichever it is: to `host`, or to where the scheduler says. */
  async liveMigrate(id: string, host: string | null = null): Promise<ServerMigration> {
    return (await this.startLiveMigration(id, host))();
  }

  /** Live-migrates as `liveMigrate` does. Throws, with the reason that the fleet's API shows, where the move ends otherwise than completed. */
  async movesLive(id: string, host: string | null = null): Promise<ServerMigration> {
    const migration = await this.liveMigrate(id, host);
    if (migration.status === 'completed') return migration;
    throw new Error(
      `the live migration ${migration.id} ended as ${migration.status}: ${await this.whyLiveMoveFailed(id)}`,
    );
  }

  /**
   * Asks for a live migration; the function returned waits for its end, whichever it is. Nova has no word for how its
   * memory goes: with one it is asked for as operators do.
   */
  async startLiveMigration(
    id: string,
    host: string | null = null,
    memoryMode?: MemoryMode,
  ): Promise<() => Promise<ServerMigration>> {
    const before = (await this.lastMigration(id))?.id ?? 0;
    const asked = { host: host ?? undefined, memory_mode: memoryMode };
    if (memoryMode) await this.api.call('POST', `/fleet/v1/instances/${id}/live-migration`, asked);
    else await this.act(id, { 'os-migrateLive': { host, block_migration: 'auto' } });
    return async () => {
      const migration = await this.events.until(id, `live migration of ${id}`, moveTimeoutMs, async () => {
        const last = await this.lastMigration(id);
        if (!last || last.id <= before) return undefined;
        return ended.has(last.status) ? last : undefined;
      });
      await this.settled(id, 'ACTIVE', moveTimeoutMs);
      return migration;
    };
  }

  private async whyLiveMoveFailed(id: string): Promise<string> {
    type Shown = { live_migration: { failure: unknown } };
    const { live_migration: shown } = await this.api.call<Shown>('GET', `/fleet/v1/instances/${id}/live-migration`);
    return JSON.stringify(shown.failure);
  }
}
