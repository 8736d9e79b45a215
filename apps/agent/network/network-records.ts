import type { ForwardingEntry, NetworkSpec, Nic } from '#generated/lxstack/agent/v1/types';
import { mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { NotFoundError } from '#libs/common/errors';
import { UUID, requireName } from '#libs/common/names';
import { replaceFile } from '../state/atomic-file.js';

/** What the agent keeps of a network over its restarts. */
export interface NetworkRecord {
  network: NetworkSpec;
  /** The entries that the kernel has. */
  entries: ForwardingEntry[];
  /** This host's ports: instance NICs and access ports. */
  ports: Record<string, Nic>;
  /** Ids of the access ports among them, which are plugged into the host itself. */
  access: string[];
  /** The host names that DHCP gives to the ports' instances. */
  hostnames?: Record<string, string>;
  /** Conntrack zone of the network on this host; absent where nothing is tracked yet. */
  zone?: number;
  /** Ids of ports that had connections before they were tracked here; see filters/port-rules.ts. */
  loose?: string[];
}

/** This host's networks, in `networks/ID.json` and in memory. */
export class NetworkRecords {
  private readonly records = new Map<string, NetworkRecord>();

  private constructor(private readonly directory: string) {}

  /** Reads every record. */
  static async open(stateDirectory: string): Promise<NetworkRecords> {
    const records = new NetworkRecords(join(stateDirectory, 'networks'));
    await mkdir(records.directory, { recursive: true });
    for (const file of (await readdir(records.directory)).filter((name) => name.endsWith('.json'))) {
      const record = JSON.parse(await readFile(join(records.directory, file), 'utf8')) as NetworkRecord;
      for (const subnet of record.network.subnets) {
        // An agent from before there were these may have written it.
        subnet.hostRoutes ??= [];
        subnet.dhcpAddress ??= '';
      }
      records.records.set(record.network.id, record);
    }
    return records;
  }

  /** The network's record; undefined where this host does not have it. */
  find(networkId: string): NetworkRecord | undefined {
    return this.records.get(networkId);
  }

  /** Throws NotFoundError. */
  get(networkId: string): NetworkRecord {
    const record = this.records.get(networkId);
    if (!record) throw new NotFoundError('Network', networkId);
    return record;
  }

  /** Every network of this host. */
  all(): NetworkRecord[] {
    return [...this.records.values()];
  }

  /** Adds a record in memory; `keep` writes it. */
  add(network: NetworkSpec): NetworkRecord {
    const record: NetworkRecord = { network, entries: [], ports: {}, access: [] };
    this.records.set(network.id, record);
    return record;
  }

  /** Writes the network's record. */
  async keep(networkId: string): Promise<void> {
    await replaceFile(this.file(networkId), JSON.stringify(this.get(networkId)));
  }

  /** Removes the network's record. */
  async forget(networkId: string): Promise<void> {
    await rm(this.file(networkId), { force: true });
    this.records.delete(networkId);
  }

  private file(networkId: string): string {
    return join(this.directory, `${requireName('network_id', networkId, UUID, 'a UUID')}.json`);
  }
}
