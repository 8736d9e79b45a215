import { readFile, readdir, readlink } from 'node:fs/promises';
import { MigrationKind } from '#generated/lxstack/agent/v1/agent';
import type { CheckMigrationRequest } from '#generated/lxstack/agent/v1/agent';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { NotFoundError } from '#libs/common/errors';
import { CommandError, run } from '../network/commands.js';
import type { MigrationDeps } from './movable-instances.js';

/** Reasons in an operator's words; none: it can be moved. Touches nothing. */
export async function whatBlocks(deps: MigrationDeps, request: CheckMigrationRequest): Promise<string[]> {
  if (request.kind !== MigrationKind.MIGRATION_KIND_LIVE) return [];
  const reasons = await missingTools();
  const spec = request.spec ?? (await deps.instances.spec(request.instanceId));
  reasons.push(...blockingSpec(spec));
  const here = await deps.instances.initPid(request.instanceId).catch((error: unknown) => {
    if (error instanceof NotFoundError) return undefined; // this is the target
    throw error;
  });
  if (here) return [...reasons, ...(await blockingProcesses(here))];
  // A spec is judged for a host that is to get it: a copy that is being made there does not run yet.
  return here === undefined || request.spec
    ? reasons
    : [...reasons, 'The instance is not running: only a cold migration moves it.'];
}

/** What CRIU cannot carry to another host, whatever runs inside. */
export function blockingSpec(spec: InstanceSpec): string[] {
  const passedThrough = spec.devices.filter(
    (device) => !['none', 'nic'].includes(device.type) && device.options.path !== '/',
  );
  return [
    ...passedThrough.map(
      (device) => `Device ${device.name} (${device.type}) belongs to this host: remove it, or use a cold migration.`,
    ),
    ...(spec.config['security.privileged'] === 'true'
      ? ['The instance is privileged (security.privileged): only unprivileged ones are moved live.']
      : []),
  ];
}

async function missingTools(): Promise<string[]> {
  try {
    const output = await run('/usr/sbin/criu', ['--version']);
    const [major = 0, minor = 0] = (/Version: (\d+)\.(\d+)/.exec(output) ?? []).slice(1).map(Number);
    return major > 4 || (major === 4 && minor >= 2)
      ? []
      : [`CRIU ${major}.${minor} on this host is too old: 4.2 or newer is needed.`];
  } catch (error) {
    const reason = error instanceof CommandError ? error.output : 'it is not installed';
    return [`CRIU does not work on this host: ${reason}. See \`lxstack doctor\`.`];
  }
}

const NESTED = ['uts', 'ipc', 'user'] as const;

/** Namespaces below the instance's own, and file systems, that CRIU refuses. */
async function blockingProcesses(initPid: number): Promise<string[]> {
  const own = new Map(await Promise.all(NESTED.map(async (kind) => [kind, await namespaceOf(initPid, kind)] as const)));
  const pidNamespace = await namespaceOf(initPid, 'pid');
  const reasons: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    if ((await namespaceOf(Number(pid), 'pid')) !== pidNamespace) continue;
    const nested: (typeof NESTED)[number][] = [];
    for (const kind of NESTED) {
      const found = await namespaceOf(Number(pid), kind);
      if (found && found !== own.get(kind)) nested.push(kind); // one that is ending has none
    }
    const mounts = await orGone(readFile(`/proc/${pid}/mountinfo`, 'utf8'));
    if (!nested.length && !/ - ramfs /.test(mounts)) continue;
    const who = await nameOf(pid);
    if (nested.length)
      reasons.push(
        `${who} has ${nested.join(' and ')} namespaces of its own: for a systemd service add a drop-in with ${nested.map((kind) => SANDBOX[kind]).join(', ')} and restart it.`,
      );
    for (const unit of credentialsIn(mounts))
      reasons.push(
        `${unit} has its credentials on a ramfs: add a drop-in with LoadCredential= and SetCredential= and restart it.`,
      );
  }
  return [...new Set(reasons)].slice(0, 20);
}

/** The setting that gives a systemd service such a namespace, turned off. */
const SANDBOX = { uts: 'ProtectHostname=no', ipc: 'PrivateIPC=no', user: 'PrivateUsers=no' };

/** The unit that a process belongs to where systemd says so in its cgroup, else its own name. */
async function nameOf(pid: string): Promise<string> {
  const [cgroups, name] = await Promise.all(
    ['cgroup', 'comm'].map((file) => orGone(readFile(`/proc/${pid}/${file}`, 'utf8'))),
  );
  return unitIn(cgroups!) ?? `Process ${name!.trim()}`;
}

/** `ssh.service` from the lines of /proc/PID/cgroup; undefined where no unit is named. */
export function unitIn(cgroups: string): string | undefined {
  return /\/([\w@:.\\-]+\.(?:service|socket|scope))(?:\/|$)/m.exec(cgroups)?.[1];
}

/** Units whose credentials are mounted as a ramfs (`/run/credentials/UNIT`), by the lines of /proc/PID/mountinfo. */
export function credentialsIn(mountinfo: string): string[] {
  const points = [...mountinfo.matchAll(/^(?:\S+ ){4}(\S+) .* - ramfs /gm)].map(([, point]) => point!);
  return points.map((point) => /\/credentials\/([^/]+)$/.exec(point)?.[1] ?? `What is mounted on ${point}`);
}

const namespaceOf = (pid: number, kind: string): Promise<string> => orGone(readlink(`/proc/${pid}/ns/${kind}`));

/** Processes come and go under the look; one that we may not read is none of the instance's. */
async function orGone(work: Promise<string>): Promise<string> {
  try {
    return await work;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES') return '';
    throw error;
  }
}
