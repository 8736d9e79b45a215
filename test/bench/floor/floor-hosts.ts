import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { command, tryCommand } from './command.js';
import { shiftIds } from './shift-ids.js';

/** The scripts are read from the source tree, because tsc does not copy them. */
const scripts = new URL('../../../../test/bench/floor/scripts', import.meta.url).pathname;

export type FloorHostName = 'h1' | 'h2';
const hosts: FloorHostName[] = ['h1', 'h2'];

/** First host id of the guests' user namespace. */
const idBase = 1_000_000;
export const floorMac = '00:16:3e:11:22:33';
export const floorAddress = '10.77.0.9';

/** Two hosts and a client on one switch, made by hand: what a launch or a move costs without any control plane. */
export class FloorHosts {
  readonly shared: string;
  readonly clientNamespace = 'lx-floor-client';
  /** Name of the guest's veth in its host. */
  readonly veth = 'v-floor';

  /** `directory` must be reachable for unprivileged ids; `hostRoot` is a Debian root with LXC and CRIU. */
  constructor(
    private readonly directory: string,
    private readonly hostRoot: string,
  ) {
    this.shared = join(directory, 'shared');
  }

  async up(): Promise<void> {
    await this.down();
    await mkdir(join(this.shared, 'img'), { recursive: true });
    // Before the hosts' mount namespaces are made, because those do not see later mounts.
    await command('mount', ['-t', 'tmpfs', 'tmpfs', join(this.shared, 'img')]);
    for (const name of ['sw', ...hosts, 'client']) {
      await command('ip', ['netns', 'add', `lx-floor-${name}`]);
      await command('ip', ['-n', `lx-floor-${name}`, 'link', 'set', 'lo', 'up']);
    }
    await ip('sw', 'link', 'add', 'br0', 'type', 'bridge');
    await ip('sw', 'link', 'set', 'br0', 'up');
    for (const name of [...hosts, 'client']) {
      await ip('sw', 'link', 'add', `p-${name}`, 'type', 'veth', 'peer', 'name', 'up0', 'netns', `lx-floor-${name}`);
      await ip('sw', 'link', 'set', `p-${name}`, 'master', 'br0', 'up');
    }
    await ip('client', 'addr', 'add', '10.77.0.100/24', 'dev', 'up0');
    await ip('client', 'link', 'set', 'up0', 'up');
    for (const name of hosts) await this.startHost(name);
  }

  /** Runs a command inside a host. */
  async on(host: FloorHostName, ...args: string[]): Promise<string> {
    const pid = (await readFile(this.holder(host), 'utf8')).trim();
    const path = 'PATH=/floor:/usr/sbin:/usr/bin:/sbin:/bin';
    return command('nsenter', ['-t', pid, '-m', '-n', '--', 'env', path, ...args]);
  }

  script(name: string, args: string[], environment: Record<string, string> = {}): Promise<string> {
    const own = { SHARED: this.shared, MAC: floorMac, ADDRESS: floorAddress, VETH: this.veth };
    return command(join(scripts, name), args, { ...own, ...environment });
  }

  /**
   * Unpacks a guest's root file system with shifted owners; returns its path, which is the same inside a host. Uses one
   * that exists.
   */
  async guest(name: string, archive: string): Promise<string> {
    const root = join(this.shared, 'guest', name);
    if (existsSync(join(root, '.done'))) return root;
    await rm(root, { recursive: true, force: true });
    await mkdir(root, { recursive: true });
    await command('tar', ['-C', root, '--numeric-owner', '--xattrs', '-xf', archive], {}, 300_000);
    await shiftIds(root, idBase);
    await writeFile(join(root, '.done'), '');
    return root;
  }

  /** An LXC configuration for a guest on `host`, with or without a NIC. */
  config(host: FloorHostName, name: string, root: string, networked: boolean): string {
    const nic = [
      'lxc.net.0.type = veth',
      'lxc.net.0.link = lxcbr0',
      'lxc.net.0.flags = up',
      'lxc.net.0.name = eth0',
      `lxc.net.0.veth.pair = ${networked ? this.veth : `v-${name}`}`,
      `lxc.net.0.hwaddr = ${floorMac}`,
      `lxc.net.0.ipv4.address = ${floorAddress}/24`,
    ];
    return `${[
      'lxc.include = /usr/share/lxc/config/common.conf',
      'lxc.include = /usr/share/lxc/config/userns.conf',
      `lxc.rootfs.path = dir:${root}`,
      `lxc.uts.name = ${name}`,
      ...nic,
      'lxc.tty.max = 0',
      'lxc.pty.max = 1024',
      'lxc.console.path = none',
      'lxc.mount.auto = proc:mixed sys:mixed cgroup:mixed',
      `lxc.idmap = u 0 ${idBase} 65536`,
      `lxc.idmap = g 0 ${idBase} 65536`,
      `lxc.cgroup.dir.monitor = lx-floor/${host}/m-${name}`,
      `lxc.cgroup.dir.container = lx-floor/${host}/c-${name}`,
    ].join('\n')}\n`;
  }

  private holder(host: FloorHostName): string {
    return join(this.shared, `${host}.holder`);
  }

  /** Leaves nothing running, mounted or bridged; keeps unpacked guests. */
  async down(): Promise<void> {
    const groups = await command('find', ['/sys/fs/cgroup', '-type', 'd', '-regex', '.*/lx-floor\\(/.*\\)?']);
    const deepestFirst = groups.split('\n').filter(Boolean).sort().reverse();
    for (const group of deepestFirst) {
      const pids = await readFile(join(group, 'cgroup.procs'), 'utf8').catch(() => '');
      for (const pid of pids.split('\n').filter(Boolean)) killQuietly(Number(pid));
    }
    for (const host of hosts) {
      const pid = Number(await readFile(this.holder(host), 'utf8').catch(() => '0'));
      if (pid && (await isHolder(pid))) killQuietly(pid);
      await rm(this.holder(host), { force: true });
    }
    await sleep(200);
    for (const group of deepestFirst) await tryCommand('rmdir', [group]);
    for (const name of ['sw', ...hosts, 'client']) await tryCommand('ip', ['netns', 'del', `lx-floor-${name}`]);
    await tryCommand('umount', [join(this.shared, 'img')]);
    for (const host of hosts) {
      await rm(join(this.directory, host), { recursive: true, force: true });
      await rm(join(this.shared, `${host}-lxc`), { recursive: true, force: true });
    }
  }

  private async startHost(name: FloorHostName): Promise<void> {
    await ip(name, 'link', 'add', 'lxcbr0', 'type', 'bridge');
    await ip(name, 'link', 'set', 'lxcbr0', 'up');
    await ip(name, 'link', 'set', 'up0', 'master', 'lxcbr0', 'up');
    const directory = join(this.directory, name);
    const args = [`lx-floor-${name}`, directory, this.hostRoot, this.shared];
    const child = spawn(join(scripts, 'host.sh'), args, { stdio: ['ignore', 'ignore', 'inherit'], detached: true });
    child.unref();
    for (let i = 0; !existsSync(this.holder(name)); i++) {
      if (child.exitCode !== null || i > 500) throw new Error(`floor host ${name} did not come up`);
      await sleep(10);
    }
  }
}

function ip(namespace: string, ...args: string[]): Promise<string> {
  return command('ip', ['-n', `lx-floor-${namespace}`, ...args]);
}

/** Whether the pid is the holder's: the pid file may be old, so only a `sleep infinity` counts. */
async function isHolder(pid: number): Promise<boolean> {
  const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return line.startsWith('sleep\0infinity');
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
