import { existsSync, statfsSync } from 'node:fs';
import { arch, availableParallelism, release, totalmem } from 'node:os';
import type { Capability, HostInfo } from '#generated/lxstack/agent/v1/types';
import { CommandError, run } from '../network/commands.js';
import type { AgentSettings } from '../settings.js';

/** What this host is and has, for the lease. Role `network` has nothing to give. */
export async function hostInfo(settings: AgentSettings, storageDriver: string): Promise<HostInfo> {
  const { bsize, blocks } = statfsSync(settings.state);
  const compute = settings.role === 'compute';
  return {
    hostname: settings.name,
    agentVersion: '0.1.0',
    inventory: {
      vcpus: compute ? availableParallelism() : 0,
      memoryBytes: compute ? totalmem() : 0,
      diskBytes: compute ? bsize * blocks : 0,
    },
    capabilities: compute ? await probe(settings) : [],
    kernel: release(),
    storageDriver,
    vtep: settings.vtep,
    dataAddress: settings.dataListen,
    runtime: settings.runtime,
    architecture: arch() === 'x64' ? 'x86_64' : arch(),
    cpuFeatures: [],
  };
}

let probed: Promise<Capability[]> | undefined;

/** Once per process. */
function probe(settings: AgentSettings): Promise<Capability[]> {
  return (probed ??= settings.runtime === 'lxc' ? probeLxc() : Promise.resolve(simulated));
}

const simulated: Capability[] = ['checkpoint', 'restore', 'userns'].map((name) => ({
  name,
  present: true,
  detail: 'simulated',
}));

async function probeLxc(): Promise<Capability[]> {
  const criu = await tried('criu', ['check']);
  return [
    { ...criu, name: 'checkpoint' },
    { ...criu, name: 'restore' },
    { ...(await tried('nft', ['list', 'tables'])), name: 'nftables' },
    { ...(await tried('criu', ['check', '--feature', 'mem_dirty_track'])), name: 'soft-dirty' },
    { ...(await tried('criu', ['check', '--feature', 'uffd'])), name: 'lazy-pages' },
    seen('userns', '/proc/self/ns/user'),
    seen('seccomp', '/proc/sys/kernel/seccomp/actions_avail'),
    seen('apparmor', '/sys/module/apparmor/parameters/enabled'),
  ];
}

const seen = (name: string, path: string): Capability => ({ name, present: existsSync(path), detail: path });

async function tried(command: string, args: string[]): Promise<Omit<Capability, 'name'>> {
  try {
    return { present: true, detail: (await run(command, args)).trim().slice(0, 200) };
  } catch (error) {
    if (error instanceof CommandError) return { present: false, detail: error.output.trim().slice(-200) };
    if ((error as NodeJS.ErrnoException).code === 'ENOENT')
      return { present: false, detail: `${command} is not installed` };
    throw error;
  }
}
