import { Server } from '@grpc/grpc-js';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AgentService } from '#generated/lxstack/agent/v1/agent';
import { channelOptions } from '#libs/agent-protocol/credentials';
import { createLogger } from '#libs/common/logger';
import type { Logger } from '#libs/common/logger';
import { AgentCertificates } from './certificates/agent-certificates.js';
import { renewCertificates } from './certificates/renewal.js';
import { hostInfo } from './capabilities/host-info.js';
import { desiredStateHandlers } from './desired-state/desired-state.handlers.js';
import { DesiredState } from './desired-state/desired-state.js';
import { Fence } from './fence/fence.js';
import { migrationHandlers } from './migration/migration.handlers.js';
import { Migrations } from './migration/migrations.js';
import { execHandlers } from './exec/exec.handlers.js';
import { serviceOf } from './grpc/service.js';
import { instanceHandlers } from './instances/instance.handlers.js';
import { Instances } from './instances/instances.js';
import { movingMacs } from './instances/moving-macs.js';
import { Lifecycle } from './instances/lifecycle.js';
import { movableInstances } from './instances/movable-instances.js';
import { Reconciliation } from './instances/reconciliation.js';
import { watchHandlers } from './instances/watch.handlers.js';
import { ControlPlane } from './lease/control-plane.js';
import { InstanceReports } from './lease/instance-reports.js';
import { holdLease } from './lease/lease.js';
import { OwnershipWatch } from './lease/ownership-watch.js';
import { forbidUserfaults } from './migration/memory/lazy-pages.js';
import { networkHandlers } from './network/network.handlers.js';
import { lxcDrivers } from './runtime/lxc/lxc-drivers.js';
import { simulatedDrivers } from './runtime/simulated/simulated-drivers.js';
import type { AgentSettings } from './settings.js';
import { InstanceRecords } from './state/instance-record.js';
import { Journal } from './state/journal.js';
import { Turns } from '#libs/common/turns';

/** Serves until SIGTERM. Neither the agent's start nor its end touches what runs in containers. */
export async function serve(settings: AgentSettings): Promise<void> {
  const ending = endedBySignal();
  const agent = await startAgent(settings, createLogger('agent'), ending);
  await agent.ended;
  process.exit(0);
}

/** A signal that SIGTERM or SIGINT aborts. */
export function endedBySignal(): AbortSignal {
  const ending = new AbortController();
  process.once('SIGTERM', () => ending.abort());
  process.once('SIGINT', () => ending.abort());
  return ending.signal;
}

/** Starts the agent of one host; resolves when it serves. `ended` resolves when it has ended after `signal`. */
export async function startAgent(
  settings: AgentSettings,
  logger: Logger,
  signal: AbortSignal,
): Promise<{ ended: Promise<void> }> {
  const opened = await openState(settings, logger);
  const agent = compose(settings, opened, logger);
  const reports = await reportEnds(opened, agent, logger, signal);
  const { server, followDocument } = await listen(settings, opened, agent, logger, signal);
  const done = runLoops(settings, opened, agent, { reports, followDocument, logger, signal });
  const end = async () => {
    await done;
    await opened.desired.keep();
    if (settings.runtime === 'lxc') await forbidUserfaults();
    if (!opened.records.ids().length) await opened.drivers.leave();
    server.forceShutdown();
  };
  return { ended: end() };
}

type Opened = Awaited<ReturnType<typeof openState>>;
type Agent = ReturnType<typeof compose>;

/** What the agent kept on disk, its connection to the control plane, and the drivers of its host. */
async function openState(settings: AgentSettings, logger: Logger) {
  await mkdir(settings.state, { recursive: true });
  await chmod(settings.state, 0o711); // users of containers pass through to their roots
  const certificates = await AgentCertificates.open(settings.pki);
  const control = new ControlPlane(settings.control, certificates.pki);
  certificates.follow((pki) => control.use(pki));
  const records = await InstanceRecords.open(settings.state);
  const desired = await DesiredState.open(settings.state, logger);
  const drivers = await (settings.runtime === 'lxc' ? lxcDrivers : simulatedDrivers)({
    settings,
    records,
    control,
    desired: desired.specs,
    logger,
  });
  const fence = await Fence.open({
    run: settings.run,
    cgroup: settings.cgroup,
    cgroupOf: (id) => drivers.runtime.cgroupDirectories(id)[1],
    logger,
  });
  const journal = await Journal.open(join(settings.state, 'journal.jsonl'));
  return { certificates, control, records, desired, drivers, fence, journal };
}

/** The parts that calls and loops work with. */
function compose(settings: AgentSettings, { control, records, drivers, fence }: Opened, logger: Logger) {
  const { storage, network, runtime, images } = drivers;
  const parts = { records, runtime, storage, images, network, fence, turns: new Turns(), logger };
  const lifecycle = new Lifecycle(parts);
  const instances = new Instances(parts, lifecycle);
  const reconciliation = new Reconciliation(parts, lifecycle);
  const host = () => hostInfo(settings, storage, network.tracking);
  const can = async (what: string) => (await host()).capabilities.some(({ name, present }) => name === what && present);
  const migrations = new Migrations({
    hostname: settings.name,
    instances: movableInstances(parts),
    network,
    logger,
    pkiDirectory: settings.pki,
    stateDirectory: settings.state,
    runDirectory: settings.run,
    dataListen: settings.dataListen,
    lazyPages: () => can('lazy-pages'),
    tracksWrites: () => can('soft-dirty'),
    ownership: async (id) => (await control.ownership([id]))[0]!,
  });
  return { lifecycle, instances, reconciliation, host, migrations };
}

/** Begins to tell the control plane of instances that end or change without a call. */
async function reportEnds(
  { control, drivers }: Opened,
  { lifecycle, reconciliation }: Agent,
  logger: Logger,
  signal: AbortSignal,
): Promise<InstanceReports> {
  const reports = new InstanceReports((statuses) => control.report(statuses), logger, signal);
  lifecycle.changes.on('unasked', (status) => reports.add([status]));
  lifecycle.changes.on('change', ({ id }) => reports.drop(id));
  await drivers.runtime.watch(
    (id, target) => void reconciliation.ended(id, target).catch((error: unknown) => reconciliation.failed(id, error)),
  );
  return reports;
}

/** Resumes the moves that an earlier agent left, then serves calls; `followDocument` follows the desired state. */
async function listen(
  settings: AgentSettings,
  { certificates, control, records, desired, drivers, journal }: Opened,
  { lifecycle, instances, host, migrations }: Agent,
  logger: Logger,
  signal: AbortSignal,
): Promise<{ server: Server; followDocument: () => Promise<unknown> }> {
  const { storage, network, runtime, images } = drivers;
  const server = new Server(channelOptions);
  const { listen: listenForMoves, ...migrationCalls } = migrationHandlers(migrations);
  const { drift, run: followDocument } = desired.make({
    network,
    movingMacs: () => movingMacs(records, migrations.moving()),
    dial: () => control.followDesiredState(),
    signal,
  });
  const handlers = {
    getHost: host,
    ...networkHandlers({ network }),
    ...desiredStateHandlers({ drift }),
    ...instanceHandlers({ instances, lifecycle, records, runtime, images, migrations, journal }),
    ...watchHandlers({ lifecycle, records }),
    ...execHandlers({ runtime }),
    ...(settings.role === 'compute' ? migrationCalls : {}),
  };
  await migrations.recover();
  if (settings.runtime === 'lxc') await forbidUserfaults();
  if (settings.role === 'compute') {
    const moves = await listenForMoves();
    certificates.follow(({ ca, cert, key }) => moves.setSecureContext({ ca, cert, key, minVersion: 'TLSv1.3' }));
  }
  server.addService(AgentService, serviceOf(handlers, logger));
  await new Promise<void>((resolve, reject) =>
    server.bindAsync(settings.listen, certificates.serverCredentials(), (error) => (error ? reject(error) : resolve())),
  );
  logger.info({ listen: settings.listen, role: settings.role, storage: storage.name }, 'serving');
  return { server, followDocument };
}

interface LoopOptions {
  reports: InstanceReports;
  followDocument: () => Promise<unknown>;
  logger: Logger;
  signal: AbortSignal;
}

/** Lease, ownership, desired state and certificates; resolves when all of it has ended after the signal. */
async function runLoops(
  { name: hostname, renewAt: fraction }: AgentSettings,
  { certificates, control, records, fence }: Opened,
  { lifecycle, reconciliation, host, migrations }: Agent,
  { reports, followDocument, logger, signal }: LoopOptions,
): Promise<void> {
  const watchOver = new OwnershipWatch({
    control,
    lifecycle,
    reconciliation,
    fence,
    records,
    reports,
    moving: () => migrations.moving(),
    logger,
    signal,
  });
  const ownershipInDoubt = () => watchOver.checkOwnership();
  await Promise.all([
    holdLease({ control, host, fence, ownershipInDoubt, logger, signal }),
    watchOver.run(),
    followDocument(),
    renewCertificates({ hostname, certificates, control, fraction, logger, signal }),
  ]);
}
