import { execFile, execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bridgeOf, hostVethName } from '#apps/agent/network/interface-names';
import type { Nic } from '#generated/lxstack/agent/v1/types';

const probe = fileURLToPath(new URL('./guest-probe.js', import.meta.url));
/** How long a refused packet is waited for. What may pass is waited for much longer. */
const [REFUSED_MS, PASSES_MS] = [1_000, 30_000];

export const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { stdio: ['ignore', 'pipe', 'pipe'] }).toString();

/** A network namespace behind a port, in place of a container: for tests of what may pass. */
export class NetworkGuest {
  private child: ChildProcess | undefined;
  private readonly waiting = new Map<number, (word: string) => void>();
  private last = 0;

  constructor(
    readonly nic: Nic,
    private readonly vni: number,
    private readonly name: string,
  ) {}

  /** Makes the namespace, and its link into the bridge. */
  plug(): void {
    const { name } = this;
    const [veth, mtu] = [hostVethName(this.nic.portId), String(this.nic.mtu)];
    run('ip', 'netns', 'add', name);
    const peer = ['peer', 'name', 'eth0', 'address', this.nic.mac, 'mtu', mtu, 'netns', name];
    run('ip', 'link', 'add', veth, 'mtu', mtu, 'type', 'veth', ...peer);
    run('ip', 'link', 'set', veth, 'master', bridgeOf(this.vni), 'addrgenmode', 'none', 'up');
    this.inside('ip', 'link', 'set', 'lo', 'up');
    this.inside('ip', 'link', 'set', 'eth0', 'up');
    for (const { address, prefixLength } of this.nic.fixedIps) this.address(`${address}/${prefixLength}`);
    this.child = spawn('nsenter', [`--net=/run/netns/${name}`, process.execPath, probe], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      const { id, word } = JSON.parse(line) as { id: number; word: string };
      this.waiting.get(id)?.(word);
    });
  }

  get ip(): string {
    return this.nic.fixedIps[0].address;
  }

  get ip6(): string {
    return this.nic.fixedIps[1].address;
  }

  address(cidr: string): void {
    this.inside('ip', 'addr', 'add', cidr, 'dev', 'eth0', ...(cidr.includes(':') ? ['nodad'] : []));
  }

  inside(...command: string[]): string {
    return run('nsenter', `--net=/run/netns/${this.name}`, ...command);
  }

  /** As `inside`, while the test goes on. */
  async program(...command: string[]): Promise<string> {
    const { stdout } = await promisify(execFile)('nsenter', [`--net=/run/netns/${this.name}`, ...command]);
    return stdout;
  }

  async listen(...ports: number[]): Promise<void> {
    for (const port of ports) await this.ask('listen', '', port, PASSES_MS);
  }

  /** Whether a TCP connection is accepted and answered. `expected` tells how long to wait. */
  async tcp(host: string, port: number, expected: boolean): Promise<boolean> {
    return (await this.ask('connect', host, port, expected ? PASSES_MS : REFUSED_MS)) === 'yes';
  }

  async udp(host: string, port: number, expected: boolean): Promise<boolean> {
    return (await this.ask('udp', host, port, expected ? PASSES_MS : REFUSED_MS)) === 'yes';
  }

  /** A connection that stays open. Returns its number, for `say`. */
  async open(host: string, port: number): Promise<number> {
    const id = this.last + 1;
    if ((await this.ask('open', host, port, PASSES_MS)) !== 'yes') throw new Error(`${host} ${port} does not answer`);
    return id;
  }

  /** Whether the open connection still carries something. */
  async say(connection: number, expected: boolean): Promise<boolean> {
    return (await this.ask('say', '', connection, expected ? PASSES_MS : REFUSED_MS)) === 'yes';
  }

  ping(host: string): boolean {
    try {
      this.inside('busybox', 'ping', '-c', '1', '-W', '1', host);
      return true;
    } catch {
      return false;
    }
  }

  /** As `ping`, from another address of the guest. */
  pingFrom(source: string, host: string): boolean {
    try {
      this.inside('busybox', 'ping', '-c', '1', '-W', '1', '-I', source, host);
      return true;
    } catch {
      return false;
    }
  }

  end(): void {
    this.child?.kill('SIGKILL');
    run('ip', 'link', 'del', hostVethName(this.nic.portId));
    run('ip', 'netns', 'del', this.name);
  }

  private ask(what: string, host: string, port: number, ms: number): Promise<string> {
    const id = ++this.last;
    this.child!.stdin!.write(`${JSON.stringify({ id, what, host, port, ms })}\n`);
    return new Promise((resolve) => this.waiting.set(id, resolve));
  }
}
