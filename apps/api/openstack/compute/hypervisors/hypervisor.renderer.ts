import { isUp } from '#libs/fleet/hosts/host-state';
import type { Host } from '#libs/fleet/hosts/host.entity';
import type { Microversion } from '../http/microversion.js';

export interface HypervisorContext {
  version: Microversion;
  now: Date;
  /** Number of instances by host id; absent where the answer does not show it. */
  running?: ReadonlyMap<string, number>;
}

/** Instances by host id, where the request asks for them. */
export type ServersByHost = ReadonlyMap<string, { id: string; name: string }[]>;

const idOf = (host: Host, version: Microversion) => (version >= 53 ? host.id : host.serial);

/** An entry of GET /os-hypervisors. */
export function renderHypervisorSummary(host: Host, { version, now }: HypervisorContext, servers?: ServersByHost) {
  const own = servers?.get(host.id)?.map(({ id, name }) => ({ uuid: id, name }));
  return {
    id: idOf(host, version),
    hypervisor_hostname: host.name,
    state: isUp(host, now) ? 'up' : 'down',
    status: host.enabled ? 'enabled' : 'disabled',
    ...(own && (own.length || version >= 75) ? { servers: own } : {}),
  };
}

/** Nova API: hypervisor of GET /os-hypervisors/detail and /os-hypervisors/{id}. */
export function renderHypervisor(host: Host, context: HypervisorContext, servers?: ServersByHost) {
  const { version } = context;
  return {
    ...renderHypervisorSummary(host, context, servers),
    service: { id: idOf(host, version), host: host.name, disabled_reason: host.disabledReason },
    hypervisor_type: 'LXC',
    hypervisor_version: 6_000_004,
    host_ip: host.vtep || host.address.replace(/:\d+$/, ''),
    ...(version < 88 ? renderCapacity(host, context) : { uptime: '' }),
  };
}

/** Nova API: left out from 2.88 on, where Placement has it. Memory in MiB, disks in GiB. */
function renderCapacity(host: Host, { version, running }: HypervisorContext) {
  const cpuInfo = { arch: host.facts.architecture ?? '', features: host.facts.cpuFeatures ?? [] };
  return {
    vcpus: host.vcpus,
    vcpus_used: host.usedVcpus,
    memory_mb: host.memoryMb,
    memory_mb_used: host.usedMemoryMb,
    free_ram_mb: host.memoryMb - host.usedMemoryMb,
    local_gb: host.diskGb,
    local_gb_used: host.usedDiskGb,
    free_disk_gb: host.diskGb - host.usedDiskGb,
    disk_available_least: host.diskGb - host.usedDiskGb,
    current_workload: 0,
    running_vms: running?.get(host.id) ?? 0,
    cpu_info: version >= 28 ? cpuInfo : JSON.stringify(cpuInfo),
  };
}

/** Nova API: /os-hypervisors/statistics: sums over all hosts. */
export function renderStatistics(hosts: Host[], running: number) {
  const sum = (value: (host: Host) => number) => hosts.reduce((total, host) => total + value(host), 0);
  return {
    count: hosts.length,
    vcpus: sum((host) => host.vcpus),
    vcpus_used: sum((host) => host.usedVcpus),
    memory_mb: sum((host) => host.memoryMb),
    memory_mb_used: sum((host) => host.usedMemoryMb),
    free_ram_mb: sum((host) => host.memoryMb - host.usedMemoryMb),
    local_gb: sum((host) => host.diskGb),
    local_gb_used: sum((host) => host.usedDiskGb),
    free_disk_gb: sum((host) => host.diskGb - host.usedDiskGb),
    disk_available_least: sum((host) => host.diskGb - host.usedDiskGb),
    current_workload: 0,
    running_vms: running,
  };
}
