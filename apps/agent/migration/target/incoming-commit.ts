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

/** What the target does after the commit: lets the instance run and removes what only the move needed. Never undone. */
export class IncomingCommit {
  /** Resolves when the last memory page is mapped and the images are gone; undefined when no page is missing. */
  mapping: Promise<void> | undefined;
  /** Resolves when the move's own resources are removed. */
  tidied: Promise<void> = Promise.resolve();

  constructor(
    private readonly deps: MigrationDeps,
    private readonly records: MigrationRecords,
    private readonly record: MigrationRecord,
    private readonly session: RestoreSession,
    private readonly directory: string,
  ) {}

  /** After a failure it may be called again. */
  carryOut(): Promise<void> {
    return this.unlessGone(async () => {
      if (!this.session.hasRestore) return this.keepStopped();
      try {
        await this.resumeInstance();
      } catch (error) {
        if (await this.session.hasDied()) this.session.forgetRestore(); // the next call keeps the instance stopped, to be started from its disk
        throw error;
      }
    });
  }

  /** Ends the move when its instance was deleted. False when the instance exists. */
  async leaveIfGone(): Promise<boolean> {
    if (!(await this.isGone())) return false;
    await this.leave();
    return true;
  }

  /** Runs `work`, unless the instance was deleted before or is deleted meanwhile. */
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

  /** The instance was deleted: disk, ports and record are gone, and another instance may have its ports by now. */
  private async leave(): Promise<void> {
    await this.session.undo();
    await clearTarget(this.deps, this.record);
    Object.assign(this.record.progress, { phase: COMPLETED, reason: 'the instance was deleted' });
    await this.records.forget(this.record.migrationId);
    this.deps.logger.info(this.ids, 'instance deleted: nothing of its move is left');
  }

  private async resumeInstance(): Promise<void> {
    const { spec, nextEpoch, progress } = this.record;
    const started = performance.now();
    await faultPoint('target.committed');
    markMove(this.directory, 'committed');
    const restore = await this.session.resumeInstance();
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

  /** Keeps the instance stopped, with its disk: after a cold move, or when the restored tasks died after the commit. */
  private async keepStopped(): Promise<void> {
    const { spec, nextEpoch } = this.record;
    await killRestore(this.directory);
    await this.deps.instances.commitIncoming(spec.id, nextEpoch, 'stopped');
    this.record.progress.phase = COMPLETED;
    await this.records.keep(this.record);
    await this.tidyUp();
  }

  /** Removes what only the move needed. */
  tidyUp(): Promise<void> {
    return this.unlessGone(() => this.tidy());
  }

  private async tidy(): Promise<void> {
    for (const nic of this.record.spec.nics) await this.deps.network.claimMac(nic);
    await this.session.cleanUp();
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
