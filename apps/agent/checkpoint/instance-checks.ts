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
  if (here === undefined || request.spec) return reasons;
  if (!here) return [...reasons, 'The instance is not running: only a cold migration moves it.'];
  return [...reasons, ...(await blockingProcesses(here))];
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
    const nested: string[] = [];
    for (const kind of NESTED) if ((await namespaceOf(Number(pid), kind)) !== own.get(kind)) nested.push(kind);
    const name = (await orGone(readFile(`/proc/${pid}/comm`, 'utf8'))).trim();
    if (nested.length)
      reasons.push(
        `Process ${name} inside has ${nested.join(' and ')} namespaces of its own: for systemd services add a drop-in with ProtectHostname=no, PrivateUsers=no, PrivateIPC=no and restart it.`,
      );
    const mounts = await orGone(readFile(`/proc/${pid}/mountinfo`, 'utf8'));
    if (/ - ramfs /.test(mounts))
      reasons.push(
        `Process ${name} inside has a ramfs (credentials of systemd): add a drop-in with LoadCredential= and SetCredential=.`,
      );
  }
  return [...new Set(reasons)].slice(0, 20);
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
