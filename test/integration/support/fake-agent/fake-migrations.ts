import { status } from '@grpc/grpc-js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { MigrationKind, MigrationPhase } from '#generated/lxstack/agent/v1/agent';
import type {
  MigrationProgress,
  MigrationRequest,
  MigrationResponse,
  PrepareMigrationRequest,
  PrepareMigrationResponse,
  SendMigrationRequest,
} from '#generated/lxstack/agent/v1/agent';
import type { GuestCpu, LostKind } from '#generated/lxstack/agent/v1/guest';
import { InstanceState } from '#generated/lxstack/agent/v1/types';
import type { FakePeer } from './fake-peer.js';
import { rpcError } from './rpc-error.js';

type SendStream = ServerWritableStream<SendMigrationRequest, MigrationProgress>;

interface FakeMigration {
  role: 'source' | 'target';
  kind: MigrationKind;
  instanceId: string;
  nextEpoch: number;
  phase: MigrationPhase;
  targetHost?: string;
  listeners: Set<SendStream>;
}

const sending = ['DISK', 'FREEZE', 'DUMP', 'TRANSFER', 'RESTORE', 'AWAIT_COMMIT'] as const;

const PATIENCE_MS = 120_000;

/** An agent's part in moves: source and target, as the contract describes them. */
export class FakeMigrations {
  readonly known = new Map<string, FakeMigration>();
  /** The send fails when it reaches this phase. */
  failAt: MigrationPhase | undefined;
  /** Called with each phase that the source reaches. */
  onPhase: (phase: MigrationPhase) => void = () => {};

  /** The last request to be a target. */
  prepared: PrepareMigrationRequest | undefined;
  /** The send waits at this phase until `goOn`. */
  holdAt: MigrationPhase | undefined;
  /** What the source says of its guest's tasks before the freeze. */
  guestBefore: GuestCpu | undefined;
  /** What the source says that does not go along. */
  lost: LostKind[] = [];
  private readonly waiting: (() => void)[] = [];
  private readonly holding: (() => void)[] = [];

  constructor(private readonly agent: FakePeer) {}

  reset(): void {
    this.failAt = undefined;
    this.holdAt = undefined;
    this.goOn();
    this.guestBefore = undefined;
    this.lost = [];
    this.onPhase = () => {};
  }

  /** Resolves when a send is held; rejects where none comes. */
  held(): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error('no send has been held')), PATIENCE_MS);
      this.waiting.push(() => {
        clearTimeout(late);
        resolve();
      });
    });
  }

  /** Lets all go on that is held. */
  goOn(): void {
    for (const go of this.holding.splice(0)) go();
  }

  prepare(request: PrepareMigrationRequest): PrepareMigrationResponse {
    const { migrationId, kind, spec, nextEpoch } = request;
    this.prepared = request;
    const phase = MigrationPhase.MIGRATION_PHASE_PREPARED;
    if (!this.known.has(migrationId)) {
      this.known.set(migrationId, {
        role: 'target',
        kind,
        instanceId: spec!.id,
        nextEpoch,
        phase,
        listeners: new Set(),
      });
      this.agent.learnPorts(spec!);
      this.agent.instances.set(spec!.id, {
        epoch: nextEpoch,
        state: InstanceState.INSTANCE_STATE_INCOMING,
        memoryBytes: spec!.limits!.memoryBytes,
      });
    }
    return { dataAddress: `${this.agent.name}:7081`, token: 'token' };
  }

  send(stream: SendStream): void {
    const { migrationId, kind, instanceId, nextEpoch, targetHost } = stream.request;
    let migration = this.known.get(migrationId);
    if (migration && migration.role === 'source') {
      migration.listeners.add(stream);
      stream.write(this.get(migrationId));
      if (isEnd(migration.phase)) stream.end();
      return;
    }
    const phase = MigrationPhase.MIGRATION_PHASE_UNSPECIFIED;
    migration = { role: 'source', kind, instanceId, nextEpoch, phase, targetHost, listeners: new Set([stream]) };
    this.known.set(migrationId, migration);
    void this.transfer(migrationId, migration);
  }

  commit({ migrationId, instanceId }: MigrationRequest): MigrationResponse {
    const migration = this.need(migrationId);
    const instance = this.agent.instances.get(instanceId)!;
    if (isEnd(migration.phase) && migration.phase !== MigrationPhase.MIGRATION_PHASE_COMPLETED)
      throw rpcError(status.FAILED_PRECONDITION, `cannot commit what is ${migration.phase}`);
    if (migration.role === 'target' && migration.phase !== MigrationPhase.MIGRATION_PHASE_COMPLETED) {
      const live = migration.kind === MigrationKind.MIGRATION_KIND_LIVE;
      instance.state = live ? InstanceState.INSTANCE_STATE_RUNNING : InstanceState.INSTANCE_STATE_STOPPED;
      instance.epoch = migration.nextEpoch;
    } else if (instance && migration.role === 'source') instance.state = InstanceState.INSTANCE_STATE_OUTGOING;
    this.enter(migrationId, MigrationPhase.MIGRATION_PHASE_COMPLETED);
    return { phase: migration.phase };
  }

  abort({ migrationId, instanceId }: MigrationRequest): MigrationResponse {
    const migration = this.known.get(migrationId);
    if (!migration) return { phase: MigrationPhase.MIGRATION_PHASE_ABORTED };
    if (migration.phase === MigrationPhase.MIGRATION_PHASE_COMPLETED)
      throw rpcError(status.FAILED_PRECONDITION, 'committed');
    const instance = this.agent.instances.get(instanceId);
    if (migration.role === 'target') this.agent.instances.delete(instanceId);
    else if (instance && migration.kind === MigrationKind.MIGRATION_KIND_LIVE)
      instance.state = InstanceState.INSTANCE_STATE_RUNNING;
    this.enter(migrationId, MigrationPhase.MIGRATION_PHASE_ABORTED);
    return { phase: migration.phase };
  }

  release({ migrationId, instanceId }: MigrationRequest): MigrationResponse {
    const migration = this.known.get(migrationId);
    if (migration?.role === 'source') this.agent.instances.delete(instanceId);
    this.known.delete(migrationId);
    return { phase: MigrationPhase.MIGRATION_PHASE_COMPLETED };
  }

  revert({ call, migrationId, instanceId }: MigrationRequest): MigrationResponse {
    const kept = this.agent.instances.get(instanceId);
    if (!kept) throw rpcError(status.NOT_FOUND, 'no copy kept');
    kept.state = InstanceState.INSTANCE_STATE_STOPPED;
    kept.epoch = call!.epoch;
    this.known.delete(migrationId);
    return { phase: MigrationPhase.MIGRATION_PHASE_ABORTED };
  }

  get(migrationId: string): MigrationProgress {
    const migration = this.need(migrationId);
    return {
      migrationId,
      phase: migration.phase,
      memoryBytesTotal: 1000,
      memoryBytesProcessed: 500,
      diskBytesTotal: 100,
      diskBytesProcessed: 100,
      failedStep: migration.phase === MigrationPhase.MIGRATION_PHASE_FAILED ? 'restore' : '',
      reason: migration.phase === MigrationPhase.MIGRATION_PHASE_FAILED ? 'restore was made to fail' : '',
      logTail: [],
      timingsMs: {},
      memoryMode: '',
      memoryModeReason: '',
      restoreRetried: '',
      guestBefore: this.guestBefore,
      lost: this.lost,
    };
  }

  private async transfer(migrationId: string, migration: FakeMigration): Promise<void> {
    const target = this.agent.peers.get(migration.targetHost!);
    for (const name of sending) {
      const phase = MigrationPhase[`MIGRATION_PHASE_${name}`];
      await new Promise((resolve) => setTimeout(resolve, 2));
      if (isEnd(migration.phase)) return;
      if (this.failAt === phase) return this.giveUp(migrationId, migration);
      if (name === 'FREEZE' && migration.kind === MigrationKind.MIGRATION_KIND_COLD) continue;
      const peer = target?.migrations.known.get(migrationId);
      if (peer && name === 'AWAIT_COMMIT') peer.phase = phase;
      this.enter(migrationId, phase);
      this.onPhase(phase);
      if (this.holdAt === phase) await this.hold();
    }
  }

  private hold(): Promise<void> {
    return new Promise((resolve) => {
      this.holding.push(resolve);
      for (const tell of this.waiting.splice(0)) tell();
    });
  }

  /** The agent undoes its own part at once, and the instance goes on. */
  private giveUp(migrationId: string, migration: FakeMigration): void {
    const instance = this.agent.instances.get(migration.instanceId)!;
    if (migration.kind === MigrationKind.MIGRATION_KIND_LIVE) instance.state = InstanceState.INSTANCE_STATE_RUNNING;
    this.enter(migrationId, MigrationPhase.MIGRATION_PHASE_FAILED);
  }

  private enter(migrationId: string, phase: MigrationPhase): void {
    const migration = this.need(migrationId);
    migration.phase = phase;
    for (const stream of migration.listeners) {
      stream.write(this.get(migrationId));
      if (isEnd(phase)) stream.end();
    }
    if (isEnd(phase)) migration.listeners.clear();
  }

  private need(migrationId: string): FakeMigration {
    const migration = this.known.get(migrationId);
    if (!migration) throw rpcError(status.NOT_FOUND, `no migration ${migrationId}`);
    return migration;
  }
}

function isEnd(phase: MigrationPhase): boolean {
  return [
    MigrationPhase.MIGRATION_PHASE_COMPLETED,
    MigrationPhase.MIGRATION_PHASE_FAILED,
    MigrationPhase.MIGRATION_PHASE_ABORTED,
  ].includes(phase);
}
