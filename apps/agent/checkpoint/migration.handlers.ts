import type { Server } from 'node:tls';
import { join } from 'node:path';
import { MigrationKind, MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import type {
  CheckMigrationRequest,
  CheckMigrationResponse,
  MigrationProgress,
  MigrationRequest,
  MigrationResponse,
  PrepareMigrationRequest,
  PrepareMigrationResponse,
  SendMigrationRequest,
} from '#generated/lxstack/agent/v1/agent';
import { ConflictError, InvalidInputError, NotFoundError } from '#libs/common/errors';
import { newSecret } from '#libs/common/ids';
import { UUID, requireName } from '#libs/common/names';
import { whatBlocks } from './instance-checks.js';
import { listenForMoves } from './data-listener.js';
import { IncomingMove } from './incoming-move.js';
import { MigrationRecords, hasReached, newProgress } from './migration-record.js';
import type { MigrationDeps } from './movable-instances.js';
import { OutgoingMove } from './outgoing-move.js';

/** The migrations of one host: both ends, by id. Ended ones are kept until the agent ends, FINISHED_KEPT at most. */
class Migrations {
  readonly incoming = new Map<string, IncomingMove>();
  readonly outgoing = new Map<string, OutgoingMove>();
  readonly records: MigrationRecords;

  constructor(readonly deps: MigrationDeps) {
    this.records = new MigrationRecords(join(deps.stateDirectory, 'migrations'));
  }

  async prepare(request: PrepareMigrationRequest): Promise<PrepareMigrationResponse> {
    const { migrationId, spec, kind, nextEpoch } = request;
    requireName('migration_id', migrationId, UUID, 'a UUID');
    if (!spec) throw new InvalidInputError('spec', 'a value');
    const present = this.incoming.get(migrationId);
    if (present?.record.token) return { dataAddress: this.deps.dataListen, token: present.record.token };
    if (present) throw new ConflictError(`migration ${migrationId} has been used`);
    const progress = newProgress(migrationId, MigrationPhase.MIGRATION_PHASE_PREPARED);
    const token = newSecret();
    const move = new IncomingMove(this.deps, this.records, {
      migrationId,
      end: 'target',
      kind,
      spec,
      nextEpoch,
      progress,
      token,
    });
    bounded(this.incoming).set(migrationId, move);
    try {
      await move.prepare(request.forwarding);
    } catch (error) {
      await move.abort('not prepared');
      this.incoming.delete(migrationId);
      throw error;
    }
    return { dataAddress: this.deps.dataListen, token };
  }

  async send(request: SendMigrationRequest): Promise<OutgoingMove> {
    const { migrationId, kind, instanceId, nextEpoch, targetVtep } = request;
    requireName('migration_id', migrationId, UUID, 'a UUID');
    const present = this.outgoing.get(migrationId);
    if (present) return present;
    const spec = await this.deps.instances.spec(instanceId);
    const progress = newProgress(migrationId, MigrationPhase.MIGRATION_PHASE_PREPARED);
    const record = { migrationId, end: 'source' as const, kind, spec, nextEpoch, progress, targetVtep };
    const move = new OutgoingMove(this.deps, this.records, record, request);
    bounded(this.outgoing).set(migrationId, move);
    await this.records.keep(record);
    void move.run();
    return move;
  }
}

const FINISHED_KEPT = 1000;

function bounded<T>(map: Map<string, T>): Map<string, T> {
  if (map.size >= FINISHED_KEPT) map.delete(map.keys().next().value!);
  return map;
}

/** The migrations' part of the agent's service, and the data listener it needs. */
export function migrationHandlers(deps: MigrationDeps) {
  const migrations = new Migrations(deps);
  const { incoming, outgoing, records } = migrations;
  const both = (id: string) => [incoming.get(id), outgoing.get(id)].filter((move) => move !== undefined);
  const phase = (id: string): MigrationResponse => ({
    phase: both(id)[0]?.record.progress.phase ?? MigrationPhase.MIGRATION_PHASE_ABORTED,
  });

  return {
    /** To be called once at the start of the agent, before it serves. */
    async start(): Promise<Server> {
      return listenForMoves(deps, (id) => incoming.get(id));
    },
    /** Instances in the middle of a move. */
    moving(): ReadonlySet<string> {
      const all = [...incoming.values(), ...outgoing.values()].map(({ record }) => record);
      const open = all.filter(({ progress }) => !hasReached(progress.phase, MigrationPhase.MIGRATION_PHASE_COMPLETED));
      return new Set(open.map(({ spec }) => spec.id));
    },
    async checkMigration(request: CheckMigrationRequest): Promise<CheckMigrationResponse> {
      return { reasons: await whatBlocks(deps, request) };
    },
    prepareMigration: (request: PrepareMigrationRequest) => migrations.prepare(request),
    async *sendMigration(request: SendMigrationRequest): AsyncGenerator<MigrationProgress> {
      yield* (await migrations.send(request)).watch();
    },
    async commitMigration({ migrationId }: MigrationRequest): Promise<MigrationResponse> {
      const moves = both(migrationId);
      if (!moves.length) throw new NotFoundError('Migration', migrationId);
      for (const move of moves) await move.commit();
      return phase(migrationId);
    },
    async abortMigration({ migrationId }: MigrationRequest): Promise<MigrationResponse> {
      for (const move of both(migrationId)) await move.abort('aborted by the control plane');
      return phase(migrationId);
    },
    async releaseMigration({ migrationId }: MigrationRequest): Promise<MigrationResponse> {
      const record =
        outgoing.get(migrationId)?.record ?? (await records.list()).find((one) => one.migrationId === migrationId);
      if (record?.end === 'source') {
        if (!hasReached(record.progress.phase, MigrationPhase.MIGRATION_PHASE_COMMITTED))
          throw new ConflictError(`migration ${migrationId} has not been committed`);
        await OutgoingMove.release(deps, record);
      }
      await records.forget(migrationId);
      return { phase: MigrationPhase.MIGRATION_PHASE_COMPLETED };
    },
    async revertMigration({ migrationId, instanceId, call }: MigrationRequest): Promise<MigrationResponse> {
      const record = (await records.list()).find((one) => one.migrationId === migrationId);
      if (record && record.kind !== MigrationKind.MIGRATION_KIND_COLD)
        throw new ConflictError('only the source of a cold move can be reverted');
      await deps.instances.revertOutgoing(instanceId, call?.epoch ?? 0);
      await records.forget(migrationId);
      return { phase: MigrationPhase.MIGRATION_PHASE_ABORTED };
    },
    async getMigration({ migrationId }: MigrationRequest): Promise<MigrationProgress> {
      const known =
        both(migrationId)[0]?.record ?? (await records.list()).find((one) => one.migrationId === migrationId);
      if (!known) throw new NotFoundError('Migration', migrationId);
      return known.progress;
    },
  };
}
