import type { NetworkSpec, Nic, Subnet } from '#generated/lxstack/agent/v1/types';
import { existsSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sleep } from '#libs/common/clock';
import { run } from '../process/run.js';
import { servicesOf } from './interface-names.js';
import { METADATA_V4 } from './metadata-rules.js';
import { namespaceFile } from './service-namespace.js';
import type { ServiceAddresses } from './service-namespace.js';
import { Turns } from '#libs/common/turns';
import { onReserve } from '../state/disk-reserve.js';
import { intoServiceCgroup } from './service-cgroup.js';

/**
 * DHCP by one dnsmasq per network and host, for this host's ports only, in the network's namespace, which must be there.
 * It answers from the address of the network's DHCP port, which is the same on every host. It outlives the agent, which
 * finds it by its pid file.
 */
export class DhcpServers {
  /** By VNI: one change of a server at a time, in the order in which they were asked for. */
  private readonly turns = new Turns();

  constructor(
    private readonly directory: string,
    private readonly cgroup: string,
    private readonly leaseSeconds: number,
  ) {}

  /** Gives the server the NIC's fixed address. dnsmasq reads new files of its hosts directory by itself. */
  async reserve(network: NetworkSpec, nic: Nic, hostname: string): Promise<void> {
    if (!servedSubnets(network).length) return;
    const hosts = join(this.folder(network.vni), 'hosts');
    await mkdir(hosts, { recursive: true });
    await onReserve(() => writeFile(join(hosts, nic.portId), this.hostLine(nic, hostname)));
    await this.ensure(network);
  }

  /**
   * Makes the server serve exactly these ports, with the network's present subnets. Ends the server where no subnet is
   * served.
   */
  async sync(network: NetworkSpec, ports: { nic: Nic; hostname: string }[]): Promise<void> {
    if (!servedSubnets(network).length) return this.remove(network.vni);
    const hosts = join(this.folder(network.vni), 'hosts');
    await mkdir(hosts, { recursive: true });
    const wanted = new Map(ports.map(({ nic, hostname }) => [nic.portId, this.hostLine(nic, hostname)]));
    let stale = false;
    for (const name of await readdir(hosts)) {
      if (wanted.get(name) === (await readFile(join(hosts, name), 'utf8').catch(() => ''))) wanted.delete(name);
      else {
        stale = true;
        if (!wanted.has(name)) await rm(join(hosts, name), { force: true });
      }
    }
    for (const [name, line] of wanted) await onReserve(() => writeFile(join(hosts, name), line));
    await this.ensure(network);
    const pid = stale && (await this.pid(network.vni));
    if (pid) process.kill(pid, 'SIGHUP');
  }

  /** Removes the port's reservation. dnsmasq forgets a removed file only when SIGHUP makes it read all again. */
  async release(network: NetworkSpec, portId: string): Promise<void> {
    await rm(join(this.folder(network.vni), 'hosts', portId), { force: true });
    const pid = await this.pid(network.vni);
    if (pid) process.kill(pid, 'SIGHUP');
  }

  /**
   * Differences between the server that runs and the one that should, in words. `needed`: ports of this host need one.
   */
  async compare(network: NetworkSpec, needed: boolean): Promise<string[]> {
    const subnets = servedSubnets(network);
    const running = await this.pid(network.vni);
    if (!subnets.length) return running ? ['DHCP is served and should not be'] : [];
    if (!running) return needed ? ['DHCP is not served'] : [];
    const options = this.options(network, subnets);
    return (await isRunWith(running, options)) ? [] : ['DHCP is served with other options'];
  }

  /** Starts the server with the network's present subnets; leaves one that runs with them alone. */
  ensure(network: NetworkSpec): Promise<void> {
    return this.turns.take(String(network.vni), () => this.start(network));
  }

  /** Ends the network's server. */
  remove(vni: number): Promise<void> {
    return this.turns.take(String(vni), () => this.takeDown(vni));
  }

  private async takeDown(vni: number): Promise<void> {
    const pid = await this.pid(vni);
    if (pid) await end(pid);
    await rm(this.folder(vni), { recursive: true, force: true });
  }

  private async start(network: NetworkSpec): Promise<void> {
    const subnets = servedSubnets(network);
    if (!subnets.length) return this.takeDown(network.vni);
    const options = this.options(network, subnets);
    const running = await this.pid(network.vni);
    if (running && (await isRunWith(running, options))) return;
    if (running) await end(running);
    await mkdir(join(this.folder(network.vni), 'hosts'), { recursive: true });
    await run('nsenter', [`--net=${namespaceFile(network.vni)}`, 'dnsmasq', ...options]);
    const pid = await this.pid(network.vni);
    if (pid) await intoServiceCgroup(this.cgroup, pid);
  }

  private options(network: NetworkSpec, subnets: readonly Subnet[]): string[] {
    return dnsmasqOptions(network, subnets, this.folder(network.vni), this.leaseSeconds);
  }

  private hostLine(nic: Nic, hostname: string): string {
    const addresses = nic.fixedIps.map((ip) => (isIPv4(ip.address) ? ip.address : `[${ip.address}]`));
    return `${[nic.mac, ...addresses, ...(hostname ? [hostname] : []), this.leaseSeconds].join(',')}\n`;
  }

  private folder(vni: number): string {
    return join(this.directory, servicesOf(vni));
  }

  /**
   * Pid of the running server. A pid file outlives a reboot, so a process does not count that has got its number, nor a
   * server in a namespace that is no longer the network's.
   */
  private async pid(vni: number): Promise<number | undefined> {
    const text = await readFile(join(this.folder(vni), 'pid'), 'utf8').catch(() => '');
    const pid = Number(text.trim());
    if (!Number.isInteger(pid) || pid <= 1) return undefined;
    const cmdline = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!cmdline.includes(this.folder(vni))) return undefined;
    const [own, wanted] = await Promise.all(
      [`/proc/${pid}/ns/net`, namespaceFile(vni)].map((path) => stat(path).catch(() => undefined)),
    );
    return own && own.ino === wanted?.ino ? pid : undefined;
  }
}

/** Ends a server and waits: it removes its pid file at its end, and the next one must write its own after that. */
async function end(pid: number): Promise<void> {
  process.kill(pid, 'SIGTERM');
  for (let tries = 0; tries < 100 && existsSync(`/proc/${pid}/ns/net`); tries++) await sleep(20);
}

/** The subnets that DHCP serves, by id, so that the order is the same on every host; none where the network is down. */
export const servedSubnets = (network: NetworkSpec): Subnet[] =>
  network.adminStateDown
    ? []
    : network.subnets
        .filter((subnet) => subnet.dhcp && isIPv4(subnet.cidr.split('/')[0] ?? ''))
        .sort((a, b) => (a.id < b.id ? -1 : 1));

/** Whether the process runs with these options: subnets, gateways and name servers may have changed since its start. */
async function isRunWith(pid: number, options: readonly string[]): Promise<boolean> {
  const cmdline = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return cmdline.split('\0').slice(1, -1).join('\0') === options.join('\0');
}

/**
 * The addresses from which the subnets are served: the DHCP port's. A subnet without one (no free address, or told by a
 * control plane from before there were such ports) is served from its gateway's address, or else its last one.
 */
export function serverAddresses(subnets: readonly Subnet[]): ServiceAddresses {
  const [own, lent]: [string[], string[]] = [[], []];
  for (const { cidr, dhcpAddress, gateway } of subnets) {
    const [base, length] = cidr.split('/') as [string, string];
    if (dhcpAddress) own.push(`${dhcpAddress}/${length}`);
    else lent.push(`${gateway || lastAddress(base, Number(length))}/${length}`);
  }
  return { own, lent };
}

function lastAddress(base: string, length: number): string {
  const value = base.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const last = value + 2 ** (32 - length) - 2;
  return [24, 16, 8, 0].map((shift) => Math.floor(last / 2 ** shift) % 256).join('.');
}

/** Static leases only: a client without a reservation gets no answer. */
export function dnsmasqOptions(
  network: NetworkSpec,
  subnets: readonly Subnet[],
  folder: string,
  leaseSeconds: number,
): string[] {
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
    options.push(`--dhcp-range=set:s${index},${subnet.cidr.split('/')[0]},static,${netmask(subnet)},${leaseSeconds}`);
    options.push(`--dhcp-option=tag:s${index},option:router${subnet.gateway ? `,${subnet.gateway}` : ''}`);
    options.push(`--dhcp-option=tag:s${index},option:dns-server${subnet.dnsServers.map((dns) => `,${dns}`).join('')}`);
    options.push(...routeOptions(subnet).map((option) => `--dhcp-option=tag:s${index},${option}`));
  }
  return options;
}

/**
 * Host routes and the way to the metadata service, which is on the link (0.0.0.0), as option 121, and as 249 for clients
 * that know only that. Clients that take 121 ignore the router option (RFC 3442), so the default route is among them.
 */
function routeOptions(subnet: Subnet): string[] {
  const routes = subnet.hostRoutes.filter(({ destination }) => isIPv4(destination.split('/')[0] ?? ''));
  const hasDefault = routes.some(({ destination }) => destination.endsWith('/0'));
  const gateway = hasDefault || !subnet.gateway ? [] : [{ destination: '0.0.0.0/0', nexthop: subnet.gateway }];
  const metadata = { destination: `${METADATA_V4}/32`, nexthop: '0.0.0.0' };
  const words = [...routes, metadata, ...gateway]
    .map(({ destination, nexthop }) => `,${destination},${nexthop}`)
    .join('');
  return [`option:classless-static-route${words}`, `249${words}`];
}

function netmask(subnet: Subnet): string {
  const length = Number(subnet.cidr.split('/')[1]);
  const mask = length === 0 ? 0 : 2 ** 32 - 2 ** (32 - length);
  return [24, 16, 8, 0].map((shift) => Math.floor(mask / 2 ** shift) % 256).join('.');
}
