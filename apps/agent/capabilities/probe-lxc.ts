import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Capability } from '#generated/lxstack/agent/v1/types';
import { CommandError } from '../process/command-error.js';
import { run } from '../process/run.js';
import { writeAtomically } from '../state/atomic-file.js';

const trialScript = fileURLToPath(new URL('../../../../apps/agent/capabilities/trial-checkpoint.sh', import.meta.url));
const CGROUPS = '/sys/fs/cgroup';
/** Runs a trial in namespaces that end with it, so that it leaves nothing behind. */
const apart = (...words: string[]): [string, string[]] => ['unshare', ['-n', '--', ...words]];

/**
 * Finds by trials what this host can do, because a version proves nothing. Keeps in `stateDirectory` what a kernel and
 * a CRIU have shown, so that a restarted agent publishes it at once.
 */
export async function probeLxc(stateDirectory: string): Promise<Capability[]> {
  const file = join(stateDirectory, 'capabilities.json');
  const version = await tried('criu', ['--version']);
  const key = `${release()} ${version.detail}`;
  const kept = await readKept(file);
  if (kept?.key === key) return kept.capabilities;
  const capabilities = await probeAll();
  await mkdir(stateDirectory, { recursive: true });
  await writeAtomically(file, JSON.stringify({ key, capabilities }));
  return capabilities;
}

async function probeAll(): Promise<Capability[]> {
  const trial = await tried(...apart('sh', trialScript));
  const named = async (name: string, command: string, args: string[]) => ({ ...(await tried(command, args)), name });
  return [
    { ...trial, name: 'checkpoint' },
    { ...trial, name: 'restore' },
    await named('soft-dirty', 'criu', ['check', '--feature', 'mem_dirty_track']),
    await named('lazy-pages', 'criu', ['check', '--feature', 'uffd-noncoop']),
    await named('userns', 'unshare', ['-U', 'true']),
    await named('nftables', ...apart('nft', 'add', 'table', 'bridge', 'trial')),
    await named('vxlan', ...apart('ip', 'link', 'add', 'trial', 'type', 'vxlan', 'id', '1', 'dstport', '4789')),
    await named('sch-plug', ...apart('tc', 'qdisc', 'add', 'dev', 'lo', 'root', 'plug')),
    ...['memory', 'cpu', 'pids'].map(cgroup),
    await fileSystem('overlay'),
    await fileSystem('btrfs'),
    seen('seccomp', '/proc/sys/kernel/seccomp/actions_avail'),
    seen('apparmor', '/sys/module/apparmor/parameters/enabled'),
  ];
}

/** Which version of cgroups has this controller; a hybrid host has some on v1. */
function cgroup(controller: string): Capability {
  const v1 = existsSync(join(CGROUPS, controller, 'cgroup.procs'));
  const v2 = existsSync(join(CGROUPS, 'cgroup.controllers'));
  return { name: `cgroup-${controller}`, present: v1 || v2, detail: v1 ? 'v1' : v2 ? 'v2' : 'not mounted' };
}

async function fileSystem(name: string): Promise<Capability> {
  const known = (await readFile('/proc/filesystems', 'utf8')).split(/\s+/).includes(name);
  return { name, present: known, detail: known ? 'known to the kernel' : 'not known to the kernel' };
}

const seen = (name: string, path: string): Capability => ({ name, present: existsSync(path), detail: path });

async function tried(command: string, args: string[]): Promise<Omit<Capability, 'name'>> {
  try {
    const said = (await run(command, args)).trim().split('\n').at(-1)!;
    return { present: true, detail: said.slice(0, 200) };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const detail = error.status === 127 ? `${command} is not installed` : error.message.trim().slice(-200);
    return { present: false, detail };
  }
}

async function readKept(file: string): Promise<{ key: string; capabilities: Capability[] } | undefined> {
  if (!existsSync(file)) return undefined;
  return JSON.parse(await readFile(file, 'utf8')) as { key: string; capabilities: Capability[] };
}
