import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { InvalidInputError } from '#libs/common/errors';
import { line } from './value.js';

/** Where the host has each controller; what is `absent` is not limited. */
export interface CgroupLayout {
  memory: 'v1' | 'v2' | 'absent';
  /** v1: memory and swap are counted together. */
  memorySwap: boolean;
  cpu: 'v1' | 'v2' | 'absent';
  pids: 'v1' | 'v2' | 'absent';
  devices: 'v1' | 'v2';
}

/** Of the CPU quota. */
export const PERIOD_US = 100_000;
const DEFAULT_PIDS = 4096;
const UNITS: Record<string, number> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** Bytes, CPUs, microseconds of CPU time in PERIOD_US, processes; 0: no limit. LXD: limits.* of the configuration win. */
export function limitsOf(spec: InstanceSpec): { memory: number; cpus: number; quota: number; pids: number } {
  const memory = bytes(spec.config['limits.memory']) ?? spec.limits?.memoryBytes ?? 0;
  const cpus = count('limits.cpu', spec.config['limits.cpu']) ?? spec.limits?.vcpus ?? 0;
  const pids = (count('limits.processes', spec.config['limits.processes']) ?? spec.limits?.pids) || DEFAULT_PIDS;
  const share = allowance(spec.config['limits.cpu.allowance']);
  return { memory, cpus, quota: cpus && Math.max(1000, Math.round(cpus * PERIOD_US * share)), pids };
}

/** Lines for limits of memory without swap, CPU time and shares, processes. */
export function limitLines(spec: InstanceSpec, cgroups: CgroupLayout): string[] {
  const { memory, cpus, quota, pids } = limitsOf(spec);
  return [
    ...(memory && cgroups.memory === 'v1' ? memoryV1(memory, cgroups.memorySwap) : []),
    ...(memory && cgroups.memory === 'v2'
      ? [line('lxc.cgroup2.memory.max', memory), line('lxc.cgroup2.memory.swap.max', 0)]
      : []),
    ...(cpus && cgroups.cpu === 'v1'
      ? [line('lxc.cgroup.cpu.shares', 1024 * cpus), line('lxc.cgroup.cpu.cfs_quota_us', quota)]
      : []),
    ...(cpus && cgroups.cpu === 'v2'
      ? [
          line('lxc.cgroup2.cpu.weight', Math.min(10_000, 100 * cpus)),
          line('lxc.cgroup2.cpu.max', `${quota} ${PERIOD_US}`),
        ]
      : []),
    ...(cgroups.pids === 'v1' ? [line('lxc.cgroup.pids.max', pids)] : []),
    ...(cgroups.pids === 'v2' ? [line('lxc.cgroup2.pids.max', pids)] : []),
  ];
}

function memoryV1(memory: number, withSwap: boolean): string[] {
  return [
    line('lxc.cgroup.memory.limit_in_bytes', memory),
    ...(withSwap ? [line('lxc.cgroup.memory.memsw.limit_in_bytes', memory)] : []),
  ];
}

function bytes(value: string | undefined): number | undefined {
  if (!value) return undefined;
  const [, amount, unit] = /^(\d+)([kMG]i?B|KiB|B)?$/.exec(value) ?? [];
  if (!amount || (unit && !UNITS[unit])) throw new InvalidInputError('limits.memory', 'a size such as 512MiB');
  return Number(amount) * (UNITS[unit ?? 'B'] ?? 1);
}

function count(field: string, value: string | undefined): number | undefined {
  if (!value) return undefined;
  if (!/^[1-9]\d{0,6}$/.test(value)) throw new InvalidInputError(field, 'a number above 0');
  return Number(value);
}

/** LXD: limits.cpu.allowance: `50%` of the CPUs' time, or `25ms/100ms`. */
function allowance(value: string | undefined): number {
  if (!value) return 1;
  const [, percent, part, whole] = /^(?:(\d{1,3})%|(\d+)ms\/(\d+)ms)$/.exec(value) ?? [];
  const share = percent ? Number(percent) / 100 : Number(part) / Number(whole);
  if (!(share > 0 && Number.isFinite(share))) throw new InvalidInputError('limits.cpu.allowance', '50% or 25ms/100ms');
  return share;
}
