import type { NetworkSpec } from '#generated/lxstack/agent/v1/types';
import { existsSync } from 'node:fs';
import { Turns } from '#libs/common/turns';
import { run } from '../process/run.js';
import { protectServices, unprotect } from './anti-spoofing.js';
import { ipBatch, ipBatchForce, linkExists, nft } from './commands.js';
import { bridgeOf, servicesOf } from './interface-names.js';
import { SERVICES_MAC } from '#libs/agent-protocol/services-mac';
import { METADATA_V4, METADATA_V6 } from './metadata-rules.js';

/** Addresses of a network's services, with prefix lengths. */
export interface ServiceAddresses {
  /** Those of the network's DHCP port. */
  own: readonly string[];
  /** Others, from which DHCP is answered and nothing else. */
  lent: readonly string[];
}

interface AddressRow {
  addr_info: { local: string; prefixlen: number }[];
}

/** File of the namespace in which this host serves the network. */
export const namespaceFile = (vni: number): string => `/run/netns/${servicesOf(vni)}`;

/**
 * A namespace per network for what this host serves its guests (DHCP, metadata), because two networks may have the same
 * addresses. It has the same MAC and addresses on every host; nftables lets only answers out, to ports of this host.
 */
export class ServiceNamespaces {
  /** What each was last made with, by VNI. */
  private readonly made = new Map<number, string>();
  private readonly turns = new Turns();

  /**
   * Makes the namespace, or gives it the network's present MTU and addresses: of DHCP ports (`own`), and others from which
   * only DHCP is answered. Addresses have prefix lengths.
   */
  ensure(network: NetworkSpec, addresses: ServiceAddresses): Promise<void> {
    return this.turns.take(String(network.vni), () => this.make(network, addresses));
  }

  /** Removes the namespace; a missing one is a success. */
  remove(vni: number): Promise<void> {
    return this.turns.take(String(vni), async () => {
      this.made.delete(vni);
      const device = servicesOf(vni);
      await ipBatchForce([`link del ${device}`, `netns del ${device}`]);
      await nft(unprotect(device));
    });
  }

  /** Whether namespace and link are there. */
  exists(vni: number): boolean {
    return existsSync(namespaceFile(vni)) && linkExists(servicesOf(vni));
  }

  private async make({ vni, mtu }: NetworkSpec, addresses: ServiceAddresses): Promise<void> {
    const device = servicesOf(vni);
    const key = JSON.stringify([mtu, addresses]);
    const exists = this.exists(vni);
    if (exists && this.made.get(vni) === key) return;
    await nft(protectServices(device, addresses.own));
    if (!exists) {
      await ipBatchForce([`link del ${device}`, `netns del ${device}`]);
      await run('ip', ['netns', 'add', device]);
      await ipBatch([`link add ${device} mtu ${mtu} type veth peer name dhcp mtu ${mtu} netns ${device}`]);
    }
    await ipBatch([`link set ${device} mtu ${mtu} master ${bridgeOf(vni)} addrgenmode none up`]);
    const wanted = [...addresses.own, ...addresses.lent, `${METADATA_V4}/32`, `${METADATA_V6}/64`];
    const lines = [
      'link set lo up',
      `link set dhcp address ${SERVICES_MAC} mtu ${mtu} addrgenmode none up`,
      ...(exists ? await staleLines(device, wanted) : []),
      ...wanted.map((address) => `addr replace ${address} dev dhcp${address.includes(':') ? ' nodad' : ''}`),
      // Guests of a subnet without DHCP are on the link too.
      `route replace default dev dhcp src ${METADATA_V4}`,
    ];
    await run('ip', ['-n', device, '-batch', '-'], `${lines.join('\n')}\n`);
    this.made.set(vni, key);
  }
}

async function staleLines(device: string, wanted: readonly string[]): Promise<string[]> {
  const rows = JSON.parse(
    (await run('ip', ['-n', device, '-j', 'addr', 'show', 'dev', 'dhcp'])) || '[]',
  ) as AddressRow[];
  return rows
    .flatMap(({ addr_info }) => addr_info ?? [])
    .map(({ local, prefixlen }) => `${local}/${prefixlen}`)
    .filter((address) => !wanted.includes(address))
    .map((address) => `addr del ${address} dev dhcp`);
}
