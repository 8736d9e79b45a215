import type { LostKind } from '#generated/lxstack/agent/v1/guest';
import { faultPoint } from '#libs/common/fault-point';
import { idMapOf } from '../../images/id-maps.js';
import { heldFiles } from '../checks/held-files.js';
import { tasksBelow } from '../checks/tasks.js';
import type { Task } from '../checks/tasks.js';
import { blockingUnread } from '../checks/unread-data.js';
import type { Dump } from '../criu/dump.js';
import { lookUpCgroups } from '../criu/fixups/cgroup-names.js';
import { readTriggers } from '../criu/fixups/pressure-triggers.js';
import type { PressureTrigger } from '../criu/fixups/pressure-triggers.js';
import type { DiskSource } from '../disk/disk-source.js';
import { allAccepted } from '../frames/accept-queues.js';
import type { FrameRedirect } from '../frames/frame-redirect.js';
import { readGuestNetwork, untouched } from '../guest-network/guest-network.js';
import type { GuestNetwork } from '../guest-network/guest-network.js';
import { readKept } from '../kept/kept-objects.js';
import { lostObjects } from '../losses/lost-objects.js';
import type { MigrationRecord } from '../migration-record.js';
import type { MigrationDeps } from '../movable-instances.js';
import { MoveFailure } from '../move-failure.js';

/** Parts of the move that the preparation works with. */
interface Shared {
  deps: MigrationDeps;
  record: MigrationRecord;
  redirect: FrameRedirect;
  disk: DiskSource;
  dump: Dump;
}

/** What the source does before a freeze, so that it need not be done in it. Done again before each further dump. */
export class FreezePreparation {
  /** What the guest made of its network, as `arm` has read it. */
  network: GuestNetwork = untouched;
  /** Pressure files of its processes, as `arm` has found them. */
  pressure: PressureTrigger[] = [];
  /** Of its tasks, terminals and sockets, to be put back at the target. */
  kept: string[] = [];
  /** What does not go along. */
  lost: LostKind[] = [];
  tasks: Task[] = [];

  constructor(private readonly shared: Shared) {}

  /** Does all that takes nothing from the instance. */
  async arm(): Promise<void> {
    const { deps, record, redirect, dump } = this.shared;
    const initPid = await deps.instances.initPid(record.spec.id);
    const tasks = await tasksBelow(initPid);
    const held = await heldFiles(tasks);
    const [network, pressure, kept, lost] = await Promise.all([
      readGuestNetwork(initPid, record.spec.nics),
      readTriggers(initPid, held),
      readKept(initPid, held),
      lostObjects(initPid, held, idMapOf(record.spec)),
      redirect.arm(),
      dump.writeWatchedFiles(initPid, held),
      lookUpCgroups(deps.instances.cgroupDirectories(record.spec.id)),
    ]);
    Object.assign(this, { tasks, network, pressure, kept, lost });
  }

  /**
   * Just before the freeze: keeps requests for new connections and waits until nothing is under way that CRIU cannot carry.
   * Throws MoveFailure, naming the process, where something stays so.
   */
  async quieten(): Promise<void> {
    const { deps, record, redirect, disk } = this.shared;
    const initPid = await deps.instances.initPid(record.spec.id);
    await faultPoint('source.armed');
    disk.prepareLastPass();
    await redirect.bufferNewConnections();
    await allAccepted(initPid);
    const unread = await blockingUnread(initPid);
    if (unread.length) throw new MoveFailure('freeze', unread.join(' '));
  }
}
