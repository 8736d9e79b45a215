import { statfsSync } from 'node:fs';
import { arch, availableParallelism, release, totalmem } from 'node:os';
import type { Capability, HostInfo } from '#generated/lxstack/agent/v1/types';
import type { AgentSettings } from '../settings.js';
import type { StorageDriver } from '../storage/storage-driver.js';
import type { Tracking } from '../network/filters/tracking.js';
import { cpuFeatures } from './cpu-features.js';
import { probeLxc } from './probe-lxc.js';

/** What this host is and has, for its heartbeats. A host of role `network` offers no capacity. */
export async function hostInfo(
  settings: AgentSettings,
  { name: storageDriver, limitsDisks }: Pick<StorageDriver, 'name' | 'limitsDisks'>,
  tracking: Tracking,
): Promise<HostInfo> {
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
    capabilities: [
      ...(compute ? [...(await probe(settings)), privileged(settings), diskLimit(storageDriver, limitsDisks)] : []),
      desiredState,
      securityGroups(tracking),
    ],
    kernel: release(),
    storageDriver,
    vtep: settings.vtep,
    dataAddress: settings.dataListen,
    runtime: settings.runtime,
    architecture: arch() === 'x64' ? 'x86_64' : arch(),
    cpuFeatures: compute ? await features() : [],
  };
}

let read: Promise<string[]> | undefined;

/** Read once per process. */
function features(): Promise<string[]> {
  return (read ??= cpuFeatures());
}

/** The operator decides this one, no probe does: root of a privileged instance is nearly root of the host. */
function privileged(settings: AgentSettings): Capability {
  const detail = settings.privileged ? 'allowed' : 'its agent runs without LXSTACK_AGENT_PRIVILEGED=true';
  return { name: 'privileged', present: settings.privileged, detail };
}

/** Tells the control plane that this agent follows a document of its networks and needs no calls for them. */
const desiredState: Capability = { name: 'desired-state', present: true, detail: '' };

/** Whether the storage keeps an instance to the disk of its flavor. */
function diskLimit(storageDriver: string, present: boolean): Capability {
  const means = storageDriver === 'btrfs' ? 'quota groups of btrfs' : 'project quotas';
  const detail = present ? `by ${means}` : `${storageDriver} keeps no instance to the disk of its flavor`;
  return { name: 'disk-limit', present, detail };
}

/** Whether the host filters ports, and how it tells what belongs to a connection. */
function securityGroups(tracking: Tracking): Capability {
  const present = tracking !== 'none';
  const detail = present
    ? `connections are tracked by ${tracking}`
    : 'its kernel has neither br_netfilter nor nf_conntrack_bridge';
  return { name: 'security-groups', present, detail };
}

let probed: Promise<Capability[]> | undefined;

/** Probed once per process. */
function probe(settings: AgentSettings): Promise<Capability[]> {
  return (probed ??= settings.runtime === 'lxc' ? probeLxc(settings.state) : Promise.resolve(simulated));
}

/** The simulated runtime has no processes for CRIU, so live moves are refused at once. */
const simulated: Capability[] = [
  { name: 'userns', present: true, detail: 'simulated' },
  ...['checkpoint', 'restore'].map((name) => ({ name, present: false, detail: 'the runtime is simulated' })),
];
