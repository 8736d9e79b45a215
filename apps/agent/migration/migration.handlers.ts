import { MigrationKind, MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import type {
  CheckMigrationRequest,
  CheckMigrationResponse,
  MigrationProgress,
  MigrationRequest,
  MigrationResponse,
  PrepareMigrationRequest,
  SendMigrationRequest,
} from '#generated/lxstack/agent/v1/agent';
import type { GetGuestHealthRequest } from '#generated/lxstack/agent/v1/guest';
import { ConflictError, NotFoundError } from '#libs/common/errors';
import { listenForMoves } from './target/data-listener.js';
import { guestFacts } from './checks/guest-facts.js';
import { capacityOf } from './checks/capacity.js';
import { blockingReasons } from './checks/blocking-reasons.js';
import { hasReached } from './migration-record.js';
import type { Migrations } from './migrations.js';
import { releaseSource } from './source/source-cleanup.js';

/** The RPCs of moves, and the listener for data connections. */
export function migrationHandlers(migrations: Migrations) {
  const { deps, incoming, outgoing, records } = migrations;
  const phase = (id: string): MigrationResponse => ({
    phase: migrations.ends(id)[0]?.record.progress.phase ?? MigrationPhase.MIGRATION_PHASE_ABORTED,
  });

  return {
    /** Call it once, before the agent serves. */
    listen: () => listenForMoves(deps, (id) => incoming.get(id)),
    async checkMigration(request: CheckMigrationRequest): Promise<CheckMigrationResponse> {
      const { instanceId } = request;
      const [reasons, facts, room] = await Promise.all([
        blockingReasons(deps, request),
        guestFacts(deps.instances, instanceId),
        capacityOf(deps, request),
      ]);
      return { reasons, ...facts, ...room };
    },
    prepareMigration: (request: PrepareMigrationRequest) => migrations.prepare(request),
    async *sendMigration(request: SendMigrationRequest): AsyncGenerator<MigrationProgress> {
      yield* (await migrations.send(request)).watch();
    },
    async commitMigration({ migrationId }: MigrationRequest): Promise<MigrationResponse> {
      const moves = migrations.ends(migrationId);
      if (!moves.length) throw new NotFoundError('Migration', migrationId);
      for (const move of moves) await move.commit();
      return phase(migrationId);
    },
    async abortMigration({ migrationId }: MigrationRequest): Promise<MigrationResponse> {
      for (const move of migrations.ends(migrationId)) await move.abort('aborted by the control plane');
      return phase(migrationId);
    },
    async releaseMigration({ migrationId, instanceId }: MigrationRequest): Promise<MigrationResponse> {
      const record = outgoing.get(migrationId)?.record;
      if (record) {
        if (!hasReached(record.progress.phase, MigrationPhase.MIGRATION_PHASE_COMMITTED))
          throw new ConflictError(`migration ${migrationId} has not been committed`);
        await releaseSource(deps, record);
      } else await deps.instances.releaseKept(instanceId, migrationId);
      await records.forget(migrationId);
      return { phase: MigrationPhase.MIGRATION_PHASE_COMPLETED };
    },
    async revertMigration({ migrationId, instanceId, call }: MigrationRequest): Promise<MigrationResponse> {
      const record = outgoing.get(migrationId)?.record;
      if (record && record.kind !== MigrationKind.MIGRATION_KIND_COLD)
        throw new ConflictError('only the source of a cold move can be reverted');
      await deps.instances.revertOutgoing(instanceId, migrationId, call?.epoch ?? 0);
      await records.forget(migrationId);
      return { phase: MigrationPhase.MIGRATION_PHASE_ABORTED };
    },
    hurryMigration({ migrationId }: MigrationRequest): Promise<MigrationProgress> {
      const move = outgoing.get(migrationId);
      move?.hurry();
      return move ? Promise.resolve(move.record.progress) : Promise.reject(new NotFoundError('Migration', migrationId));
    },
    getGuestHealth: (request: GetGuestHealthRequest) => migrations.looks.look(request),
    getMigration({ migrationId }: MigrationRequest): Promise<MigrationProgress> {
      const [known] = migrations.ends(migrationId);
      return known
        ? Promise.resolve(known.record.progress)
        : Promise.reject(new NotFoundError('Migration', migrationId));
    },
  };
}
