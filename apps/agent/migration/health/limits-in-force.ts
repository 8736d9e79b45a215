import { existsSync } from 'node:fs';
import type { LimitInForce } from '#generated/lxstack/agent/v1/guest';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { limitsOf, PERIOD_US } from '../../runtime/lxc/config/limits.js';
import { read } from './task-sample.js';

const ROOT = '/sys/fs/cgroup';

interface Limit {
  name: string;
  controller: string;
  v1: string;
  v2: string;
  expected: number;
  parse(text: string): number;
}

/**
 * The limits of its spec, and those of its cgroup; none is found where its init is in another one. A controller that this
 * host does not have is left out.
 */
export function limitsInForce(spec: InstanceSpec, cgroup: string, initPid: number): LimitInForce[] {
  const { memory, quota, pids } = limitsOf(spec);
  const init = parseCgroups(read(`/proc/${initPid}/cgroup`));
  const limits: Limit[] = [
    limit('memory.max', 'memory', ['memory.limit_in_bytes', 'memory.max'], memory, bounded),
    limit('pids.max', 'pids', ['pids.max', 'pids.max'], pids, bounded),
    limit('cpu.max', 'cpu', ['cpu.cfs_quota_us', 'cpu.max'], quota, quotaIn),
  ];
  return limits.flatMap(({ name, controller, v1, v2, expected, parse }) => {
    const old = existsSync(`${ROOT}/${controller}/cgroup.procs`);
    const text = read(old ? `${ROOT}/${controller}/${cgroup}/${v1}` : `${ROOT}/${cgroup}/${v2}`).trim();
    if (!expected || !text) return [];
    const binds = isWithin(init.get(old ? controller : ''), cgroup);
    return [{ name, expected, found: binds ? parse(text) : 0 }];
  });
}

const limit = (
  name: string,
  controller: string,
  [v1, v2]: readonly [string, string],
  expected: number,
  parse: (text: string) => number,
): Limit => ({ name, controller, v1, v2, expected, parse });

/** Directory by controller in /proc/PID/cgroup; '' is the unified hierarchy's. */
export function parseCgroups(text: string): Map<string, string> {
  const lines = text.split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line) ?? []);
  return new Map(
    lines.flatMap(([, controllers, path]) =>
      controllers === undefined ? [] : controllers.split(',').map((name): [string, string] => [name, path!]),
    ),
  );
}

/** Whether `path` (absolute) is the cgroup or below it. */
export function isWithin(path: string | undefined, cgroup: string): boolean {
  return path === `/${cgroup}` || Boolean(path?.startsWith(`/${cgroup}/`));
}

/** 0 for `max`, for -1 and for the largest number that a kernel knows: no limit. */
export function bounded(text: string): number {
  const value = Number(text);
  return Number.isSafeInteger(value) && value > 0 ? value : 0;
}

/** Microseconds in PERIOD_US. v1 tells the quota alone, v2 its period too. */
export function quotaIn(text: string): number {
  const [quota = '', period] = text.split(' ');
  return Math.round(bounded(quota) * (PERIOD_US / (Number(period) || PERIOD_US)));
}
