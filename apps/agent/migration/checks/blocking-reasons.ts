import { stat } from 'node:fs/promises';
import { MigrationKind } from '#generated/lxstack/agent/v1/agent';
import type { CheckMigrationRequest } from '#generated/lxstack/agent/v1/agent';
import type { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { NotFoundError } from '#libs/common/errors';
import { isPrivileged } from '../../images/id-maps.js';
import { CommandError } from '../../process/command-error.js';
import { run } from '../../process/run.js';
import type { MigrationDeps } from '../movable-instances.js';
import { blockingDetails } from './descriptor-details.js';
import { blockingDescriptorLimits } from './descriptor-limits.js';
import { blockingDeletedFiles } from './deleted-files.js';
import { blockingDeletedWatches } from './deleted-watches.js';
import { blockingEndedLeaders } from './ended-leaders.js';
import { blockingHiddenFiles } from './hidden-files.js';
import { blockingNetwork } from './interfaces.js';
import { blockingQueues } from './message-queues.js';
import { heldFiles } from './held-files.js';
import { lastingReasons } from './lasting-reasons.js';
import { blockingLeases } from './leases.js';
import { blockingMounts } from './mounts.js';
import { blockingNamespaces } from './namespaces.js';
import { blockingFiles } from './open-files.js';
import { blockingIds } from './privileged.js';
import { blockingPipes } from './pipes.js';
import { blockingStates } from './process-states.js';
import { blockingSessions } from './sessions.js';
import { blockingSharing } from './shared-parts.js';
import { blockingFamilies } from './socket-families.js';
import { blockingTcp } from './special-tcp.js';
import { blockingThreadTimers } from './thread-timers.js';
import { blockingTracing } from './tracing.js';
import { blockingWatches } from './watches.js';
import { tasksBelow } from './tasks.js';
import { blockingUnfinished } from './unfinished-inet.js';
import { blockingUnread } from './unread-data.js';
import { blockingUrgent } from './urgent-data.js';

const CRIU = '/usr/sbin/criu';

/** Reasons against a live move, in an operator's words; none: it can be moved. Changes nothing. */
export async function blockingReasons(deps: MigrationDeps, request: CheckMigrationRequest): Promise<string[]> {
  if (request.kind !== MigrationKind.MIGRATION_KIND_LIVE) return [];
  const reasons = [...(await missingTools())];
  const here = await deps.instances.initPid(request.instanceId).catch((error: unknown) => {
    if (error instanceof NotFoundError) return undefined; // this is the target
    throw error;
  });
  const spec = request.spec ?? (here === undefined ? undefined : await deps.instances.spec(request.instanceId));
  if (spec) reasons.push(...blockingSpec(spec));
  if (here) return [...reasons, ...(await lastingReasons(() => blockingContent(here, spec!))).slice(0, TOLD)];
  // A request with a spec asks the target, where the instance does not run yet.
  return here === undefined || request.spec
    ? reasons
    : [...reasons, 'The instance is not running: only a cold migration moves it.'];
}

/** What CRIU cannot carry to another host, whatever runs inside. */
export function blockingSpec(spec: InstanceSpec): string[] {
  const passedThrough = spec.devices.filter(
    (device) => !['none', 'nic'].includes(device.type) && device.options.path !== '/',
  );
  return passedThrough.map(
    (device) => `Device ${device.name} (${device.type}) belongs to this host: remove it, or use a cold migration.`,
  );
}

let tools: { mtimeMs: number; reasons: string[] } | undefined;

/** Programs that a move needs and this host lacks. */
async function missingTools(): Promise<string[]> {
  const { mtimeMs } = await stat(CRIU).catch(() => ({ mtimeMs: 0 }));
  if (tools?.mtimeMs !== mtimeMs) tools = { mtimeMs, reasons: await lookAtTools() };
  return tools.reasons;
}

async function lookAtTools(): Promise<string[]> {
  try {
    const output = await run(CRIU, ['--version']);
    const [major = 0, minor = 0] = (/Version: (\d+)\.(\d+)/.exec(output) ?? []).slice(1).map(Number);
    return major > 4 || (major === 4 && minor >= 2)
      ? []
      : [`CRIU ${major}.${minor} on this host is too old: 4.2 or newer is needed.`];
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    const reason = error.status === 127 ? 'it is not installed' : error.output;
    return [`CRIU does not work on this host: ${reason}. See \`lxstack doctor\`.`];
  }
}

/** Most reasons in one answer. */
const TOLD = 20;

/** Looks at everything that runs inside for what CRIU refuses. */
async function blockingContent(initPid: number, spec: InstanceSpec): Promise<string[]> {
  const tasks = await tasksBelow(initPid);
  const held = await heldFiles(tasks);
  const reasons = [
    ...blockingSessions(tasks),
    ...blockingEndedLeaders(tasks),
    ...(await blockingTracing(tasks)),
    ...(await blockingStates(initPid, tasks)),
    ...(await blockingSharing(tasks)),
    ...(await blockingThreadTimers(tasks)),
    ...(await blockingNamespaces(initPid, tasks)),
    ...(await blockingMounts(tasks)),
    ...(await blockingFiles(initPid, held)),
    ...(await blockingDetails(held)),
    ...(await blockingLeases(tasks)),
    ...(await blockingWatches(initPid, tasks)),
    ...(await blockingDeletedWatches(initPid, held)),
    ...(await blockingDeletedFiles(held)),
    ...(await blockingHiddenFiles(held)),
    ...(await blockingDescriptorLimits(held)),
    ...(await blockingTcp(initPid, held)),
    ...(await blockingFamilies(initPid, held)),
    ...(await blockingUnfinished(initPid, held)),
    ...(await blockingUrgent(held)),
    ...blockingPipes(held),
    ...(await blockingQueues(initPid, held)),
    ...(await blockingNetwork(initPid, spec.nics)),
    ...(await blockingUnread(initPid, 0)), // lastingReasons has the patience
    ...(isPrivileged(spec) ? await blockingIds(tasks) : []),
  ];
  return [...new Set(reasons)];
}
