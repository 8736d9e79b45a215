import { GuestHealth } from '#generated/lxstack/agent/v1/guest';
import type { GetGuestHealthRequest } from '#generated/lxstack/agent/v1/guest';
import { ConflictError } from '#libs/common/errors';
import { guestFacts } from '../checks/guest-facts.js';
import { runningPid } from '../criu/checkpoint-process.js';
import type { MigrationDeps } from '../movable-instances.js';
import { askInit } from './ask-init.js';
import { watchCpu } from './cpu-watch.js';
import { InsideGuest } from './inside-guest.js';
import { limitsInForce } from './limits-in-force.js';
import { cannotPause } from './pausing.js';
import { sampleTasks } from './task-sample.js';

const SECONDS = 3;
const MOST_SECONDS = 10;

interface Look {
  over: AbortController;
  ended: Promise<unknown>;
}

/** Looks at guests after their moves. A look gives way at once to whatever wants the guest for itself. */
export class GuestLooks {
  private readonly underWay = new Map<string, Look>();

  constructor(private readonly deps: Pick<MigrationDeps, 'instances' | 'logger'>) {}

  /** Takes as long as it watches. Throws NotFoundError, and ConflictError for one that is being looked at or is none of LXC's. */
  async look({ instanceId, seconds }: GetGuestHealthRequest): Promise<GuestHealth> {
    await this.deps.instances.spec(instanceId);
    if (this.underWay.has(instanceId)) throw new ConflictError(`instance ${instanceId} is being looked at`);
    const over = new AbortController();
    const health = GuestHealth.create();
    const work = this.fill(health, instanceId, Math.min(seconds || SECONDS, MOST_SECONDS), over.signal);
    const ended = work.catch(() => undefined);
    this.underWay.set(instanceId, { over, ended });
    try {
      await work;
    } catch (error) {
      if (!over.signal.aborted) throw error;
      health.cutShort = true;
    } finally {
      this.underWay.delete(instanceId);
    }
    return health;
  }

  /** Ends a look at this instance; resolves when nothing of it runs inside. */
  async end(instanceId: string): Promise<void> {
    const look = this.underWay.get(instanceId);
    look?.over.abort();
    await look?.ended;
  }

  private async fill(health: GuestHealth, instanceId: string, seconds: number, over: AbortSignal): Promise<void> {
    const { instances } = this.deps;
    const cgroup = instances.cgroupDirectories(instanceId)[1];
    if (cgroup === undefined) throw new ConflictError('a simulated instance has no guest to look at');
    const initPid = await runningPid(instances, instanceId);
    if (!initPid) return;
    health.running = true;
    health.init = (await guestFacts(instances, instanceId)).init;
    health.limits = limitsInForce(await instances.spec(instanceId), cgroup, initPid);
    const { tasks } = await sampleTasks(initPid);
    const pids = [...tasks.values()].map(({ pid }) => pid);
    health.cannotPause = await cannotPause({ instanceId, lxcPath: instances.lxcPath, cgroup }, pids);
    // Watched first: what is asked of init makes it work.
    health.cpu = await watchCpu(initPid, seconds, over);
    Object.assign(health, await askInit(new InsideGuest(instanceId, instances.lxcPath, over), health.init));
    if ((await runningPid(instances, instanceId)) !== initPid) health.cutShort = true;
  }
}
