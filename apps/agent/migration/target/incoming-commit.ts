import { MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import { NotFoundError } from '#libs/common/errors';
import { faultPoint } from '#libs/common/fault-point';
import type { RestoreSession } from './restore-session.js';
import { killRestore } from '../criu/checkpoint-process.js';
import type { MigrationDeps } from '../movable-instances.js';
import type { MigrationRecord, MigrationRecords } from '../migration-record.js';
import { clearTarget, removeImages } from './target-setup.js';
import { hasMoveFile, markMove } from '../move-files.js';

const { MIGRATION_PHASE_COMPLETED: COMPLETED, MIGRATION_PHASE_FAILED: FAILED } = MigrationPhase;

/** What follows the commit at the target: the instance runs here, and what only the move needed goes. There is no way back. */
export class IncomingCommit {
  /** Pages are still being mapped in from the images here. */
  mapping: Promise<void> | undefined;
  /** What only the move needed is going, or gone. */
  tidied: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: MigrationDeps,
    private readonly records: MigrationRecords,
    private readonly record: MigrationRecord,
    private readonly session: RestoreSession,
    private readonly directory: string,
  ) {}

  /** What fails is tried again when it is told again. */
  carryOut(): Promise<void> {
    return this.unlessGone(async () => {
      if (!this.session.stands) return this.keepStopped();
      try {
        await this.letRun();
      } catch (error) {
        if (await this.session.hasDied()) this.session.bury(); // next time it is kept stopped, to be started from its disk
        throw error;
      }
    });
  }

  /** An instance that was deleted leaves nothing to carry forward. False where it is there. */
  async leaveIfGone(): Promise<boolean> {
    if (!(await this.isGone())) return false;
    await this.leave();
    return true;
  }

  /** It may have been deleted before, or is meanwhile. */
  private async unlessGone(work: () => Promise<void>): Promise<void> {
    if (await this.leaveIfGone()) return;
    try {
      await work();
    } catch (error) {
      if (!(await this.leaveIfGone())) throw error;
    }
  }

  private isGone(): Promise<boolean> {
    return this.deps.instances.spec(this.record.spec.id).then(
      () => false,
      (error: unknown) => {
        if (error instanceof NotFoundError) return true;
        throw error;
      },
    );
  }

  /** Disk, ports and record went with the instance: a port may be another's by now. */
  private async leave(): Promise<void> {
    await this.session.undo();
    await clearTarget(this.deps, this.record);
    Object.assign(this.record.progress, { phase: COMPLETED, reason: 'the instance was deleted' });
    await this.records.forget(this.record.migrationId);
    this.deps.logger.info(this.ids, 'instance deleted: nothing of its move is left');
  }

  private async letRun(): Promise<void> {
    const { spec, nextEpoch, progress } = this.record;
    const started = performance.now();
    await faultPoint('target.committed');
    markMove(this.directory, 'committed');
    const restore = await this.session.letRun();
    const opened = performance.now();
    await this.deps.instances.commitIncoming(spec.id, nextEpoch, 'running');
    progress.phase = MigrationPhase.MIGRATION_PHASE_COMMITTED;
    await faultPoint('target.running');
    const status = await restore.ended;
    progress.timingsMs = { ...restore.timings(), open: opened - started };
    if (status !== 0) {
      Object.assign(progress, {
        phase: FAILED,
        failedStep: 'resume',
        logTail: await this.session.keepLog(),
      });
      await this.deps.instances.commitIncoming(spec.id, nextEpoch, 'stopped');
      await killRestore(this.directory);
      this.tidied = this.tidyUp();
      await this.tidied;
      throw new Error(`lxc-checkpoint -r ended with ${status} after the commit`);
    }
    progress.phase = COMPLETED;
    await this.records.keep(this.record);
    this.tidied = this.tidyUp().catch((error: unknown) =>
      this.deps.logger.error({ err: error, ...this.ids }, 'move not tidied up'),
    );
  }

  /** A cold move; or a live one whose host was rebooted, or whose restore died, after the commit: its disk is here. */
  private async keepStopped(): Promise<void> {
    const { spec, nextEpoch } = this.record;
    await killRestore(this.directory);
    await this.deps.instances.commitIncoming(spec.id, nextEpoch, 'stopped');
    this.record.progress.phase = COMPLETED;
    await this.records.keep(this.record);
    await this.tidyUp();
  }

  /** What only the move needed goes. */
  tidyUp(): Promise<void> {
    return this.unlessGone(() => this.tidy());
  }

  private async tidy(): Promise<void> {
    for (const nic of this.record.spec.nics) await this.deps.network.claimMac(nic);
    await this.session.settle();
    this.mapping = removeImages(this.deps, this.record)
      .then(() => this.records.forget(this.record.migrationId))
      .catch((error: unknown) => this.deps.logger.error({ err: error, ...this.ids }, 'images not removed'))
      .finally(() => (this.mapping = undefined));
    if (!hasMoveFile(this.directory, 'lazyPid')) await this.mapping;
  }

  private get ids() {
    return { migrationId: this.record.migrationId, instanceId: this.record.spec.id };
  }
}
