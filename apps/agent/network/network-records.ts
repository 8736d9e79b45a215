import type { ForwardingEntry, NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { NotFoundError } from '#libs/common/errors';
import { UUID, requireName } from '#libs/common/names';
import { replaceFile } from '../state/atomic-file.js';

/** What is kept of a network over restarts of the agent. */
export interface NetworkRecord {
  network: NetworkSpec;
  /** As they are in the kernel. */
  entries: ForwardingEntry[];
  /** Ports of this host: instance NICs and access ports. */
  ports: Record<string, Nic>;
  /** Those of them that are access ports, plugged into the host itself. */
  access: string[];
  /** What DHCP calls the instances of ports. */
  hostnames?: Record<string, string>;
}

/** The networks that this host has: `networks/ID.json`, held in memory. */
export class NetworkRecords {
  private readonly records = new Map<string, NetworkRecord>();

  private constructor(private readonly directory: string) {}

  static async open(stateDirectory: string): Promise<NetworkRecords> {
    const records = new NetworkRecords(join(stateDirectory, 'networks'));
    await mkdir(records.directory, { recursive: true });
    for (const file of (await readdir(records.directory)).filter((name) => name.endsWith('.json'))) {
      const record = JSON.parse(await readFile(join(records.directory, file), 'utf8')) as NetworkRecord;
      for (const subnet of record.network.subnets) subnet.hostRoutes ??= []; // written by an agent before host routes
      records.records.set(record.network.id, record);
    }
    return records;
  }

  find(networkId: string): NetworkRecord | undefined {
    return this.records.get(networkId);
  }

  /** Throws NotFoundError. */
  get(networkId: string): NetworkRecord {
    const record = this.records.get(networkId);
    if (!record) throw new NotFoundError('Network', networkId);
    return record;
  }

  all(): NetworkRecord[] {
    return [...this.records.values()];
  }

  add(network: NetworkSpec): NetworkRecord {
    const record: NetworkRecord = { network, entries: [], ports: {}, access: [] };
    this.records.set(network.id, record);
    return record;
  }

  async keep(networkId: string): Promise<void> {
    await replaceFile(this.file(networkId), JSON.stringify(this.get(networkId)));
  }

  async forget(networkId: string): Promise<void> {
    await rm(this.file(networkId), { force: true });
    this.records.delete(networkId);
  }

  private file(networkId: string): string {
    return join(this.directory, `${requireName('network_id', networkId, UUID, 'a UUID')}.json`);
  }
}
