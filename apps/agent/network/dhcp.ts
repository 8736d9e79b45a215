import type { NetworkSpec, Nic, Subnet } from '#generated/lxstack/agent/v1/types';
import { isIPv4 } from 'node:net';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ipBatch, ipBatchForce, nft, run } from './commands.js';
import { protectDhcp, unprotect } from './anti-spoofing.js';
import { bridgeOf, dhcpOf } from './interface-names.js';
import { onReserve } from '../state/disk-reserve.js';
import { intoServiceCgroup } from './service-cgroup.js';

/**
 * One dnsmasq per network and host, for the ports of this host only, in a network namespace of its own (subnets of two
 * networks may overlap). It answers from the gateway's address; nftables lets nothing but DHCP replies out of its port,
 * so that the same address on every host is never seen by anyone. It outlives the agent and is known by its pid file.
 */
export class DhcpServers {
  private readonly starting = new Map<number, Promise<void>>();

  constructor(
    private readonly directory: string,
    private readonly cgroup: string,
  ) {}

  /** Makes the NIC's fixed address known to the server. dnsmasq reads a new file of its hosts directory by itself. */
  async reserve(network: NetworkSpec, nic: Nic, hostname: string): Promise<void> {
    if (!servedSubnets(network).length) return;
    const hosts = join(this.folder(network.vni), 'hosts');
    await mkdir(hosts, { recursive: true });
    const addresses = nic.fixedIps.map((ip) => (isIPv4(ip.address) ? ip.address : `[${ip.address}]`));
    const line = `${[nic.mac, ...addresses, hostname, 'infinite'].join(',')}\n`;
    await onReserve(() => writeFile(join(hosts, nic.portId), line));
    await this.ensure(network);
  }

  /** The server forgets a removed file only when told to read them all again. */
  async release(network: NetworkSpec, portId: string): Promise<void> {
    await rm(join(this.folder(network.vni), 'hosts', portId), { force: true });
    const pid = await this.pid(network.vni);
    if (pid) process.kill(pid, 'SIGHUP');
  }

  async ensure(network: NetworkSpec): Promise<void> {
    const running = this.starting.get(network.vni) ?? this.start(network);
    this.starting.set(network.vni, running);
    try {
      await running;
    } finally {
      this.starting.delete(network.vni);
    }
  }

  async remove(vni: number): Promise<void> {
    const device = dhcpOf(vni);
    const pid = await this.pid(vni);
    if (pid) process.kill(pid, 'SIGTERM');
    await ipBatchForce([`link del ${device}`, `netns del ${device}`]);
    await nft(unprotect(device));
    await rm(this.folder(vni), { recursive: true, force: true });
  }

  private async start(network: NetworkSpec): Promise<void> {
    const device = dhcpOf(network.vni);
    const subnets = servedSubnets(network);
    if (!subnets.length) return this.remove(network.vni);
    const options = dnsmasqOptions(network, subnets, this.folder(network.vni));
    const running = await this.pid(network.vni);
    if (running && (await isRunWith(running, options))) return;
    if (running) process.kill(running, 'SIGTERM');
    await mkdir(join(this.folder(network.vni), 'hosts'), { recursive: true });
    await nft(protectDhcp(device));
    await ipBatchForce([`link del ${device}`, `netns del ${device}`]);
    await run('ip', ['netns', 'add', device]);
    await ipBatch([
      `link add ${device} mtu ${network.mtu} type veth peer name dhcp mtu ${network.mtu} netns ${device}`,
      `link set ${device} master ${bridgeOf(network.vni)} addrgenmode none up`,
    ]);
    const inside = ['link set lo up', 'link set dhcp up'];
    for (const subnet of subnets) inside.push(`addr replace ${serverAddress(subnet)} dev dhcp`);
    await run('ip', ['-n', device, '-batch', '-'], `${inside.join('\n')}\n`);
    await run('nsenter', [`--net=/run/netns/${device}`, 'dnsmasq', ...options]);
    const pid = await this.pid(network.vni);
    if (pid) await intoServiceCgroup(this.cgroup, pid);
  }

  private folder(vni: number): string {
    return join(this.directory, dhcpOf(vni));
  }

  /**
   * The running server's pid. A pid file outlives a reboot: a process does not count that has come to its number, nor a
   * server in a network namespace that is not the network's any more.
   */
  private async pid(vni: number): Promise<number | undefined> {
    const text = await readFile(join(this.folder(vni), 'pid'), 'utf8').catch(() => '');
    const pid = Number(text.trim());
    if (!Number.isInteger(pid) || pid <= 1) return undefined;
    const cmdline = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!cmdline.includes(this.folder(vni))) return undefined;
    const [own, wanted] = await Promise.all(
      [`/proc/${pid}/ns/net`, `/run/netns/${dhcpOf(vni)}`].map((path) => stat(path).catch(() => undefined)),
    );
    return own && own.ino === wanted?.ino ? pid : undefined;
  }
}

const servedSubnets = (network: NetworkSpec): Subnet[] =>
  network.subnets.filter((subnet) => subnet.dhcp && isIPv4(subnet.cidr.split('/')[0] ?? ''));

/** False where subnets, gateways or name servers have changed since it was started. */
async function isRunWith(pid: number, options: readonly string[]): Promise<boolean> {
  const cmdline = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return cmdline.split('\0').slice(1, -1).join('\0') === options.join('\0');
}

/** Its own address: the gateway's, which no port ever has; the last of the subnet where there is no gateway. */
export function serverAddress(subnet: Subnet): string {
  const [base, length] = subnet.cidr.split('/') as [string, string];
  return `${subnet.gateway || lastAddress(base, Number(length))}/${length}`;
}

function lastAddress(base: string, length: number): string {
  const value = base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const last = value + 2 ** (32 - length) - 2;
  return [24, 16, 8, 0].map((shift) => Math.floor(last / 2 ** shift) % 256).join('.');
}

/** Static leases only: who has no reservation gets no answer. */
export function dnsmasqOptions(network: NetworkSpec, subnets: readonly Subnet[], folder: string): string[] {
  const options = [
    '--conf-file=/dev/null',
    '--port=0',
    '--interface=dhcp',
    '--bind-interfaces',
    '--except-interface=lo',
    '--dhcp-authoritative',
    '--leasefile-ro',
    '--no-ping',
    `--dhcp-hostsdir=${join(folder, 'hosts')}`,
    `--pid-file=${join(folder, 'pid')}`,
    `--dhcp-option=option:mtu,${network.mtu}`,
  ];
  for (const [index, subnet] of subnets.entries()) {
    options.push(`--dhcp-range=set:s${index},${subnet.cidr.split('/')[0]},static,${netmask(subnet)},infinite`);
    options.push(`--dhcp-option=tag:s${index},option:router${subnet.gateway ? `,${subnet.gateway}` : ''}`);
    options.push(`--dhcp-option=tag:s${index},option:dns-server${subnet.dnsServers.map((dns) => `,${dns}`).join('')}`);
  }
  return options;
}

function netmask(subnet: Subnet): string {
  const length = Number(subnet.cidr.split('/')[1]);
  const mask = length === 0 ? 0 : 2 ** 32 - 2 ** (32 - length);
  return [24, 16, 8, 0].map((shift) => Math.floor(mask / 2 ** shift) % 256).join('.');
}
