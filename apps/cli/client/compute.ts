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
  uuid: string;
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

/** Name of the host on which the server runs; '' where it has none. */
export const hostOf = (server: Server): string => server['OS-EXT-SRV-ATTR:host'] ?? '';

/** The server's first fixed address, and the MAC that has it. Throws where it has none. */
export function addressOf(server: Server): { address: string; mac: string } {
  const [first] = Object.values(server.addresses).flat();
  if (!first) throw new Error(`server ${server.name} has no address`);
  return { address: first.addr, mac: first['OS-EXT-IPS-MAC:mac_addr'] };
}

const compute = '/compute/v2.1';
const moveTimeoutMs = 120_000;
/** Statuses in which a migration has ended. */
const ended = new Set(['completed', 'done', 'error', 'failed', 'cancelled']);

/** The part of Nova's API that the demo, the tests and the benchmarks use. */
export class Compute {
  constructor(
    private readonly api: Api,
    private readonly events: Events,
  ) {}

  /** The id of the flavor with this name; makes the flavor where it is missing. */
  async ensureFlavor(name: string, size: { vcpus: number; ram: number; disk: number }): Promise<string> {
    type Flavor = { id: string; name: string };
    const { flavors } = await this.api.call<{ flavors: Flavor[] }>('GET', `${compute}/flavors`);
    const found = flavors.find((flavor) => flavor.name === name);
    if (found) return found.id;
    const flavor = { name, ...size };
    return (await this.api.call<{ flavor: Flavor }>('POST', `${compute}/flavors`, { flavor })).flavor.id;
  }

  /** Nova API: GET /os-services. */
  async services(): Promise<ComputeService[]> {
    return (await this.api.call<{ services: ComputeService[] }>('GET', `${compute}/os-services`)).services;
  }

  /** Nova API: force-down (2.53): tells that the host is dead, or no longer. */
  async forceDown(host: string, forced_down: boolean): Promise<void> {
    const service = (await this.services()).find((one) => one.host === host);
    if (!service) throw new Error(`there is no compute service on ${host}`);
    await this.api.call('PUT', `${compute}/os-services/${service.id}`, { forced_down });
  }

  /** Nova API: POST /servers. Returns the new server's id. */
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

  /** Nova API: GET /servers/{id}. Throws ApiError. */
  async show(id: string): Promise<Server> {
    return (await this.api.call<{ server: Server }>('GET', `${compute}/servers/${id}`)).server;
  }

  /** Nova API: GET /servers/detail. */
  async list(): Promise<Server[]> {
    return (await this.api.call<{ servers: Server[] }>('GET', `${compute}/servers/detail`)).servers;
  }

  /** Nova API: POST /servers/{id}/action, with `{ 'os-stop': null }` and the like. */
  async act(id: string, action: object): Promise<void> {
    await this.api.call('POST', `${compute}/servers/${id}/action`, action);
  }

  /** Nova API: DELETE /servers/{id}. Does not wait until the server is gone. */
  async remove(id: string): Promise<void> {
    await this.api.call('DELETE', `${compute}/servers/${id}`);
  }

  /** Waits until the server is in `status` and no task runs. Throws, with the fault, where it is in ERROR instead. */
  async settled(id: string, status: string, timeoutMs = 120_000): Promise<Server> {
    return this.events.until(id, `server ${id} is ${status}`, timeoutMs, async () => {
      const server = await this.show(id);
      if (server['OS-EXT-STS:task_state'] !== null) return undefined;
      if (server.status === status) return server;
      if (server.status === 'ERROR') throw new Error(`server ${server.name} is in ERROR: ${server.fault?.message}`);
      return undefined;
    });
  }

  /** Waits until task_state is or has been `taskState`: the server may be quicker than this client looks. */
  async busy(id: string, taskState: string, timeoutMs = 120_000): Promise<void> {
    await this.events.until(id, `server ${id} is ${taskState}`, timeoutMs, async () => {
      const server = await this.show(id);
      const now = server['OS-EXT-STS:task_state'];
      return now === taskState || (now === null && server.status !== 'BUILD') ? true : undefined;
    });
  }

  /** Waits until the host holds its lease (`up`) or has lost it (`down`). */
  async hostIs(host: string, state: ComputeService['state'], timeoutMs = 120_000): Promise<void> {
    await this.events.until(host, `host ${host} is ${state}`, timeoutMs, async () => {
      const services = (await this.services()).filter((service) => service.host === host);
      return services.length && services.every((service) => service.state === state) ? true : undefined;
    });
  }

  /** Waits until the server runs on another host than `host`. */
  async left(id: string, host: string, timeoutMs = 120_000): Promise<void> {
    await this.events.until(id, `server ${id} has left ${host}`, timeoutMs, async () => {
      const server = await this.show(id);
      if (server.status === 'ERROR') throw new Error(`server ${server.name} is in ERROR: ${server.fault?.message}`);
      return hostOf(server) !== host ? true : undefined;
    });
  }

  /** Waits until the API answers 404 for the server. */
  async gone(id: string, timeoutMs = 120_000): Promise<void> {
    await this.events.until(id, `server ${id} is gone`, timeoutMs, async () => {
      const answer = await this.api.ask<{ server: Server }>('GET', `${compute}/servers/${id}`);
      if (answer.status === 404) return true;
      if (answer.status >= 400) throw new ApiError(answer.status, answer.body, `GET server ${id}`);
      return undefined;
    });
  }

  /** The server's newest migration, from GET /os-migrations. */
  async lastMigration(id: string): Promise<ServerMigration | undefined> {
    const path = `${compute}/os-migrations?instance_uuid=${id}`;
    const { migrations } = await this.api.call<{ migrations: ServerMigration[] }>('GET', path);
    return migrations.sort((a, b) => b.id - a.id)[0];
  }

  /** Cold-migrates the server and waits for VERIFY_RESIZE. Throws where the migration ends otherwise. */
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

  /** Live-migrates the server to `host` (null: the scheduler chooses) and waits for the move's end, whatever it is. */
  async liveMigrate(id: string, host: string | null = null): Promise<ServerMigration> {
    return (await this.startLiveMigration(id, host))();
  }

  /** As `liveMigrate`; throws, with the reason that the fleet's API shows, where the move is not completed. */
  async movesLive(id: string, host: string | null = null): Promise<ServerMigration> {
    const migration = await this.liveMigrate(id, host);
    if (migration.status === 'completed') return migration;
    throw new Error(
      `the live migration ${migration.id} ended as ${migration.status}: ${await this.whyLiveMoveFailed(id)}`,
    );
  }

  /**
   * Asks for a live migration. The returned function waits for the move's end, whatever it is. With a memory mode the
   * fleet's API is asked, because Nova's cannot name one.
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
