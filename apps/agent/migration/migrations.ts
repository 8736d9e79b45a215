import { join } from 'node:path';
import { MigrationPhase, SendMigrationRequest } from '#generated/lxstack/agent/v1/agent';
import type { PrepareMigrationRequest, PrepareMigrationResponse } from '#generated/lxstack/agent/v1/agent';
import { sleep } from '#libs/common/clock';
import { ConflictError, InvalidInputError } from '#libs/common/errors';
import { newSecret } from '#libs/common/ids';
import { UUID, requireName } from '#libs/common/names';
import { runningPid } from './criu/checkpoint-process.js';
import { GuestLooks } from './health/guest-looks.js';
import { OutgoingSlots } from './source/outgoing-slots.js';
import { IncomingMove } from './target/incoming-move.js';
import { MigrationRecords, newProgress } from './migration-record.js';
import type { MigrationRecord } from './migration-record.js';
import { LAZY_PAGES } from './target/target-setup.js';
import type { MigrationDeps } from './movable-instances.js';
import { OutgoingMove } from './source/outgoing-move.js';

const FINISHED_KEPT = 1000;
const MAPPING_WAIT_MS = 60_000;
/** Longest pause between two tries to end a move that an earlier agent left. */
const RECOVERY_MOST_MS = 30_000;

type Move = IncomingMove | OutgoingMove;

/** The moves of one host, both ends, by migration id. Up to FINISHED_KEPT ended moves are remembered. */
export class Migrations {
  readonly incoming = new Map<string, IncomingMove>();
  readonly outgoing = new Map<string, OutgoingMove>();
  readonly records: MigrationRecords;
  readonly looks: GuestLooks;
  private readonly outgoingSlots = new OutgoingSlots();

  constructor(readonly deps: MigrationDeps) {
    this.records = new MigrationRecords(join(deps.stateDirectory, 'migrations'));
    this.looks = new GuestLooks(deps);
  }

  ends(migrationId: string): Move[] {
    return [this.incoming.get(migrationId), this.outgoing.get(migrationId)].filter((move) => move !== undefined);
  }

  /** At the start of the agent: reads the records of an earlier agent's moves and ends each, or waits for its decision. */
  async recover(): Promise<void> {
    const records = await this.records.list();
    const moves = records.map((record) => this.remember(record));
    for (const move of moves) void this.end(move);
  }

  /** Instances in the middle of a move. */
  moving(): ReadonlySet<string> {
    const moves: Move[] = [...this.incoming.values(), ...this.outgoing.values()];
    return new Set(moves.filter((move) => !move.finished).map(({ record }) => record.spec.id));
  }

  async prepare(request: PrepareMigrationRequest): Promise<PrepareMigrationResponse> {
    const { migrationId, spec, kind, nextEpoch } = request;
    requireName('migration_id', migrationId, UUID, 'a UUID');
    if (!spec) throw new InvalidInputError('spec', 'a value');
    const present = this.incoming.get(migrationId);
    if (present && !present.finished) {
      if (present.record.token) return { dataAddress: this.deps.dataListen, token: present.record.token };
      throw new ConflictError(`migration ${migrationId} has been used`);
    }
    // A new move proves that the earlier one was not committed. Aborting it again waits for an undo under way.
    for (const move of [...this.incoming.values()].filter((one) => one.record.spec.id === spec.id))
      if (!move.committed) await move.abort('another move of the instance begins');
    const progress = newProgress(migrationId, MigrationPhase.MIGRATION_PHASE_PREPARED);
    const token = newSecret();
    const record = { migrationId, end: 'target' as const, kind, spec, nextEpoch, progress, token };
    const move = new IncomingMove(this.deps, this.records, record);
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
    for (const move of [...this.outgoing.values()].filter((one) => one.record.spec.id === instanceId))
      if (!move.finished) await move.abort('another move of the instance begins');
    await this.looks.end(instanceId);
    await this.mapped(instanceId);
    const spec = await this.deps.instances.spec(instanceId);
    const progress = newProgress(migrationId, MigrationPhase.MIGRATION_PHASE_PREPARED);
    const record = { migrationId, end: 'source' as const, kind, spec, nextEpoch, progress, targetVtep };
    const move = new OutgoingMove(this.deps, this.records, record, request, this.outgoingSlots);
    bounded(this.outgoing).set(migrationId, move);
    await this.records.keep(record);
    void move.run();
    return move;
  }

  /** Runs `work`, which deletes the instance, and ends with it a committed move that is not finished. */
  async deleting(instanceId: string, work: (first: () => Promise<void>) => Promise<void>): Promise<void> {
    const moves = [...this.incoming.values()].filter((move) => move.record.spec.id === instanceId);
    await work(async () => {
      for (const move of moves) await move.giveUp();
    });
    for (const move of moves) await move.abandon();
  }

  /** Whether the instance does not run because its last move could not bring all of its memory. Its guest did not end then. */
  async killed(instanceId: string): Promise<boolean> {
    if (await runningPid(this.deps.instances, instanceId)) return false;
    const moves = [...this.incoming.values()].filter((move) => move.record.spec.id === instanceId);
    for (const move of moves) await move.mapping;
    return moves.some((move) => move.record.progress.failedStep === LAZY_PAGES);
  }

  /** Ids of the moves that still have resources here. Waits for removals under way. */
  async held(): Promise<string[]> {
    await Promise.all([...this.incoming.values()].map((move) => move.tidied));
    return this.records.ids();
  }

  /** An instance that has just arrived can be dumped only when its last memory page is mapped. */
  private async mapped(instanceId: string): Promise<void> {
    const moves = [...this.incoming.values()].filter((move) => move.record.spec.id === instanceId);
    const mapping = moves.map((move) => move.mapping).filter((one) => one !== undefined);
    if (!mapping.length) return;
    const late = sleep(MAPPING_WAIT_MS).then((): never => {
      throw new ConflictError(`memory of instance ${instanceId} is still being mapped in after its last move`);
    });
    await Promise.race([Promise.all(mapping), late]);
  }

  private remember(record: MigrationRecord): Move {
    const { migrationId, kind, nextEpoch, targetVtep } = record;
    if (record.end === 'target') {
      const move = new IncomingMove(this.deps, this.records, record);
      this.incoming.set(migrationId, move);
      return move;
    }
    const request = SendMigrationRequest.create({ migrationId, kind, nextEpoch, targetVtep });
    const move = new OutgoingMove(this.deps, this.records, record, request, this.outgoingSlots);
    this.outgoing.set(migrationId, move);
    return move;
  }

  private async end(move: Move): Promise<void> {
    const { migrationId, progress } = move.record;
    this.deps.logger.info({ migrationId, phase: progress.phase }, 'move of an agent before this one');
    for (let delayMs = 1_000; ; delayMs = Math.min(2 * delayMs, RECOVERY_MOST_MS)) {
      try {
        return await move.recover();
      } catch (error) {
        this.deps.logger.error({ err: error, migrationId, delayMs }, 'move not recovered: tried again');
        await sleep(delayMs);
      }
    }
  }
}

/** Removes the oldest ended move when the map is full. */
function bounded<T extends Move>(map: Map<string, T>): Map<string, T> {
  if (map.size < FINISHED_KEPT) return map;
  const oldest = [...map].find(([, move]) => move.finished);
  if (oldest) map.delete(oldest[0]);
  return map;
}
