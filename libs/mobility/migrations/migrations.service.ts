import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Caller } from '#libs/common/caller';
import { NotFoundError } from '#libs/common/errors';
import { UUID } from '#libs/common/names';
import { Flavors } from '#libs/compute/flavors/flavors';
import type { Instance } from '#libs/compute/instances/instance.entity';
import type { InstanceAction } from '#libs/compute/instances/states/instance-states';
import { InstanceTransitions } from '#libs/compute/instances/states/instance-transitions';
import { Quotas } from '#libs/compute/quotas/quotas';
import { MarkerNotFoundError } from '#libs/database/keyset';
import { Fencing } from '#libs/fleet/fencing/fencing.service';
import type { Operation } from '#libs/operations/operation.entity';
import { blocksImage } from '../eligibility/image-rules.js';
import { LiveRefusals } from '../eligibility/live-refusals.js';
import { Operations } from '#libs/operations/operations.service';
import { ownOf, requireAllowed } from '#libs/policy/policy';
import { permit } from './mandate.js';
import type { Mandate } from './mandate.js';
import { Migration } from './migration.entity.js';
import { migrationsQuery } from './migration-list.js';
import type { MigrationFilter, MigrationView } from './migration-list.js';
import { requireCapability, requireCpu, requireSameStorage, requireSharing } from './move-checks.js';
import type { ConcludeResizeInput, LiveMigrateInput, MoveRequest } from './move-operations.js';
import { moveOperation, recordMove } from './move-record.js';
import type { MovePlan } from './move-record.js';
import { EvacuationHostNotFoundError, MoveRefusedError, NotResizedError } from './move.errors.js';
import { hostNamed, MoveHosts } from './move-hosts.js';
import { flavorOfResize } from './resize-flavor.js';

/** Each face has its own. */
type LiveRule = 'os_compute_api:os-migrate-server:migrate_live' | 'fleet:instances:live-migrate';

/**
 * Accepts moves while the caller waits: checks, then one transaction that writes the migration, the instance's
 * task_state and the operation (invariant 4). The worker's workflows carry the move out.
 */
@Injectable()
export class Migrations {
  constructor(
    private readonly database: DataSource,
    private readonly operations: Operations,
    private readonly transitions: InstanceTransitions,
    private readonly flavors: Flavors,
    private readonly quotas: Quotas,
    private readonly fencing: Fencing,
    private readonly refusals: LiveRefusals,
    private readonly ends: MoveHosts,
  ) {}

  /**
   * Nova API: os-migrateLive. Throws NotFoundError, InstanceStateError, ComputeHostNotFoundError, and MoveRefusedError
   * with every reason that Postgres, the scheduler and the agents of both ends know now.
   */
  async liveMigrate(
    by: Caller | Mandate,
    instanceId: string,
    input: LiveMigrateInput = {},
    rule: LiveRule = 'os_compute_api:os-migrate-server:migrate_live',
  ): Promise<Migration> {
    await permit(this.database.manager, by, instanceId, rule);
    if (!input.checkLater) {
      const seen = await this.transitions.check(this.database.manager, instanceId, 'live_migration');
      await this.refusals.refuse(seen, await hostNamed(this.database.manager, input.host), input);
    }
    return this.begin(by, instanceId, 'live_migration', async (tx, instance) => {
      const target = await this.ends.target(tx, instance, input.host);
      const source = await this.ends.source(tx, instance);
      requireCapability(source, 'checkpoint');
      if (target) requireCapability(target, 'restore');
      if (target) requireSameStorage(source, target);
      if (target) requireCpu(source, target);
      const { force = false, diskOverCommit: overCommitDisk } = input;
      const { memoryMode, atOnce, needs, parentId } = input;
      const how = { force, overCommitDisk, memoryMode, atOnce, needs, parentId };
      return { type: 'live-migration', kind: 'instance.live-migrate', target, ...how };
    });
  }

  /** Nova API: migrate. Throws as `liveMigrate`, and SourceDownError, SourceDisabledError (batches and drains: neither). */
  async migrate(by: Caller | Mandate, instanceId: string, input: MoveRequest = {}): Promise<Migration> {
    await permit(this.database.manager, by, instanceId, 'os_compute_api:os-migrate-server:migrate');
    if (!input.checkLater) await this.ends.requireAnswer(instanceId, 'migrate');
    return this.begin(by, instanceId, 'migrate', async (tx, instance) => {
      const source = await this.ends.source(tx, instance, 'up');
      const target = await this.ends.target(tx, instance, input.host);
      if (target) requireSameStorage(source, target);
      const { parentId } = input;
      return { type: 'migration', kind: 'instance.migrate', target, newFlavor: instance.flavor ?? undefined, parentId };
    });
  }

  /**
   * Nova API: resize. Throws as `migrate`; InvalidInputError where the caller does not know the flavor;
   * QuotaExceededError.
   */
  async resize(by: Caller, instanceId: string, flavorId: string): Promise<Migration> {
    await permit(this.database.manager, by, instanceId, 'os_compute_api:servers:resize');
    await this.ends.requireAnswer(instanceId, 'resize');
    return this.begin(by, instanceId, 'resize', async (tx, instance) => {
      await this.ends.source(tx, instance, 'up');
      const newFlavor = await flavorOfResize(tx, this.flavors, by, instance, flavorId);
      const more = { cores: newFlavor.vcpus - instance.vcpus, ram: newFlavor.ramMb - instance.memoryMb };
      await this.quotas.reserve(tx, instance.projectId, { cores: Math.max(0, more.cores), ram: Math.max(0, more.ram) });
      return { type: 'resize', kind: 'instance.resize', target: null, newFlavor };
    });
  }

  /** Nova API: confirmResize. The source's copy and claim are released. `parentId`: the operation that asks for it. */
  async confirmResize(by: Caller | Mandate, instanceId: string, parentId?: string): Promise<Operation> {
    await permit(this.database.manager, by, instanceId, 'os_compute_api:servers:confirm_resize');
    return this.conclude(by, instanceId, 'confirm_resize', 'confirming', 'instance.confirm-resize', parentId);
  }

  /** Nova API: revertResize. The instance returns to its source and to the disk that it had when the move began. */
  async revertResize(by: Caller, instanceId: string): Promise<Operation> {
    await permit(this.database.manager, by, instanceId, 'os_compute_api:servers:revert_resize');
    return this.conclude(by, instanceId, 'revert_resize', 'reverting', 'instance.revert-resize');
  }

  /**
   * Nova API: evacuate. The instance starts elsewhere with its disk where that is shared, else with a new root from its
   * image. Throws HostInUseError; EvacuationBarredError while it may still run on its host.
   */
  async evacuate(
    by: Caller | Mandate,
    instanceId: string,
    input: { host?: string | null; force?: boolean; onSharedStorage?: boolean } = {},
  ): Promise<Migration> {
    await permit(this.database.manager, by, instanceId, 'os_compute_api:os-evacuate');
    return this.begin(by, instanceId, 'evacuate', async (tx, instance) => {
      const source = await this.ends.source(tx, instance);
      requireSharing(instanceId, source, input.onSharedStorage);
      const target = await this.ends.target(tx, instance, input.host, EvacuationHostNotFoundError);
      await this.fencing.requireOpen(tx, source.id, instanceId);
      return { type: 'evacuation', kind: 'instance.evacuate', target, force: input.force ?? false };
    });
  }

  /** Nova API: os-migrations: of all instances, newest first, one page (invariant 6). Throws MarkerNotFoundError, PolicyDeniedError. */
  async list(caller: Caller, filter: MigrationFilter): Promise<MigrationView[]> {
    requireAllowed(caller, 'os_compute_api:os-migrations:index', ownOf(caller));
    return this.read(filter);
  }

  /** Nova API: live migrations that an instance has in progress. Throws NotFoundError, PolicyDeniedError. */
  async inProgress(caller: Caller, instanceId: string): Promise<MigrationView[]> {
    await permit(this.database.manager, caller, instanceId, 'os_compute_api:servers:migrations:index');
    return this.read({ instanceId, inProgress: true });
  }

  /** A migration of the instance that is in progress, by Nova's integer id. Throws NotFoundError, PolicyDeniedError. */
  async get(caller: Caller, instanceId: string, migrationId: number): Promise<MigrationView> {
    await permit(this.database.manager, caller, instanceId, 'os_compute_api:servers:migrations:show');
    const found = (await this.read({ instanceId, inProgress: true })).find((one) => one.id === migrationId);
    if (!found) throw new NotFoundError('Migration', String(migrationId));
    return found;
  }

  /**
   * The latest live migration of an instance, whatever its state is; also by the rule under which one was begun just now.
   * Throws NotFoundError, PolicyDeniedError.
   */
  async latestLive(
    caller: Caller,
    instanceId: string,
    rule: LiveRule | 'fleet:instances:show-live-migration' = 'fleet:instances:show-live-migration',
  ): Promise<MigrationView> {
    await permit(this.database.manager, caller, instanceId, rule);
    const [latest] = await this.read({ instanceId, migrationType: 'live-migration', limit: 1 });
    if (!latest) throw new NotFoundError('Live migration of instance', instanceId);
    return latest;
  }

  /** A move of any kind by its uuid, for operators. Throws NotFoundError, PolicyDeniedError. */
  async show(caller: Caller, uuid: string): Promise<MigrationView> {
    const [view] = await this.read({ uuid, limit: 1 });
    const target = view ? { project_id: view.projectId, user_id: view.userId } : {};
    requireAllowed(caller, 'fleet:migrations:show', target);
    if (!view) throw new NotFoundError('Migration', uuid);
    return view;
  }

  private async read(filter: MigrationFilter): Promise<MigrationView[]> {
    const { text, values } = migrationsQuery(filter);
    const found = await this.database.query<MigrationView[]>(text, values);
    const { marker } = filter;
    if (marker === undefined || found.length) return found;
    if (UUID.test(marker) && (await this.database.manager.existsBy(Migration, { uuid: marker }))) return found;
    throw new MarkerNotFoundError('Migration', marker);
  }

  private async begin(
    by: Caller | Mandate,
    instanceId: string,
    action: InstanceAction,
    plan: (tx: EntityManager, instance: Instance) => Promise<MovePlan>,
  ): Promise<Migration> {
    return this.operations.transact(async (tx, create) => {
      const instance = await this.transitions.begin(tx, instanceId, action);
      const reasons = await blocksImage(tx, instance);
      if (reasons.length) throw new MoveRefusedError('image', reasons);
      return recordMove(tx, create, by, instance, await plan(tx, instance));
    });
  }

  private async conclude(
    by: Caller | Mandate,
    instanceId: string,
    action: 'confirm_resize' | 'revert_resize',
    status: 'confirming' | 'reverting',
    kind: string,
    parentId?: string,
  ): Promise<Operation> {
    return this.operations.transact(async (tx, create) => {
      const instance = await this.transitions.begin(tx, instanceId, action);
      const migration = await tx.findOneBy(Migration, { instanceId, status: 'finished' });
      if (!migration) throw new NotResizedError(instanceId);
      await tx.update(Migration, { uuid: migration.uuid }, { status });
      const input: ConcludeResizeInput = {
        migrationId: migration.uuid,
        running: instance.powerState === 1,
        source: { hostId: migration.sourceHostId! },
        target: { hostId: instance.hostId!, epoch: instance.epoch },
      };
      return create({ ...moveOperation(by, kind, instanceId, input), parentId });
    });
  }
}
