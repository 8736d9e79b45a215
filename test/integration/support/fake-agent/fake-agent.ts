import { Server, status } from '@grpc/grpc-js';
import type {
  sendUnaryData,
  ServerCredentials,
  ServerUnaryCall,
  ServerWritableStream,
  ServiceError,
} from '@grpc/grpc-js';
import { AgentService, CheckMigrationResponse } from '#generated/lxstack/agent/v1/agent';
import type {
  AgentServer,
  CreateInstanceRequest,
  InstanceRequest,
  MigrationProgress,
  MigrationRequest,
  NetworkComparison,
  PrepareMigrationRequest,
  SendMigrationRequest,
  SetForwardingRequest,
} from '#generated/lxstack/agent/v1/agent';
import type { GetGuestHealthRequest, GuestHealth } from '#generated/lxstack/agent/v1/guest';
import type { Call, InstanceSpec, InstanceStatus } from '#generated/lxstack/agent/v1/types';
import { InstanceState } from '#generated/lxstack/agent/v1/types';
import { channelOptions } from '#libs/agent-protocol/credentials';
import type { CapacityLeft, CapacityNeeded } from '#libs/mobility/eligibility/capacity-rules';
import type { FakeInstance, FakePeer } from './fake-peer.js';
import { FakeMigrations } from './fake-migrations.js';
import { rpcError } from './rpc-error.js';

type Method = keyof typeof AgentService;
type Refusal = { code: status; message: string; times: number };

/** What all agents of a test share: by it the source of a move finds its target. */
export type Peers = Map<string, FakeAgent>;

/** An agent without a host. It keeps what the contract says that an agent keeps, and fails where a test tells it to. */
export class FakeAgent implements FakePeer {
  readonly instances = new Map<string, FakeInstance>();
  /** Ids of an instance's ports, as it was told last. */
  readonly ports = new Map<string, string[]>();
  readonly forwarding = new Map<string, Map<string, string>>();
  /** Every call of setForwarding. */
  readonly forwarded: SetForwardingRequest[] = [];
  readonly migrations: FakeMigrations;
  /** Names of all calls in their order. */
  readonly calls: string[] = [];
  /** Called with each call before it is answered: a test can stop a worker here. */
  onCall: (method: Method) => void = () => {};
  /** Why it refuses every move. */
  reasons: string[] = [];
  /** What it says that an instance needs, or that its host has left. */
  room: Partial<CapacityNeeded & CapacityLeft> = {};
  /** What it says that it was told of its networks. */
  compared: () => NetworkComparison[] = () => [];
  /** How it says that a guest does; nothing: it is of a release without that call. */
  guestHealth: ((request: GetGuestHealthRequest) => GuestHealth) | undefined;
  /** Instances of which it was told that they are ephemeral. */
  readonly ephemeral = new Set<string>();
  /** Instances that their guests have ended. */
  readonly ended = new Set<string>();
  /** Migrations of which it says that its host still has something. */
  migrationIds: string[] = [];
  private readonly refusals = new Map<Method, Refusal>();
  private readonly server = new Server(channelOptions);

  constructor(
    readonly name: string,
    readonly peers: Peers,
  ) {
    peers.set(name, this);
    this.migrations = new FakeMigrations(this);
  }

  /** The next `times` calls of `method` fail. */
  refuse(method: Method, code: status, message = `${method} refused`, times = 1): void {
    this.refusals.set(method, { code, message, times });
  }

  /** Forgets the faults that it was told to make, and its calls. */
  reset(): void {
    this.refusals.clear();
    this.reasons = [];
    this.room = {};
    this.calls.length = 0;
    this.onCall = () => {};
    this.guestHealth = undefined;
    this.migrations.reset();
  }

  async listen(address: string, credentials: ServerCredentials): Promise<number> {
    this.server.addService(AgentService, this.implementation() as AgentServer);
    return new Promise((resolve, reject) =>
      this.server.bindAsync(address, credentials, (error, port) => (error ? reject(error) : resolve(port))),
    );
  }

  close(): void {
    this.server.forceShutdown();
  }

  running(): string[] {
    const alive = [...this.instances].filter(([, one]) => one.state === InstanceState.INSTANCE_STATE_RUNNING);
    return alive.map(([id]) => id);
  }

  private implementation(): Partial<AgentServer> {
    return {
      listInstances: this.unary('listInstances', () => ({
        instances: [...this.instances.keys()].map((id) => this.status(id)),
        nextPageToken: '',
        migrationIds: this.migrationIds,
      })),
      createInstance: this.unary('createInstance', (request) => this.create(request)),
      rebuildInstance: this.unary('rebuildInstance', (request) => this.create({ ...request, start: true })),
      updateInstance: this.unary('updateInstance', ({ call, spec }) =>
        this.change(call!, spec!.id, (one) => this.configure(one, spec!)),
      ),
      resizeInstance: this.unary('resizeInstance', ({ call, spec }) =>
        this.change(call!, spec!.id, (one) => this.configure(one, spec!)),
      ),
      startInstance: this.unary('startInstance', (request) =>
        request.unlessEnded && this.ended.has(request.instanceId)
          ? this.change(request.call!, request.instanceId, () => {})
          : this.become(request, 'INSTANCE_STATE_RUNNING'),
      ),
      stopInstance: this.unary('stopInstance', (request) => this.become(request, 'INSTANCE_STATE_STOPPED')),
      rebootInstance: this.unary('rebootInstance', (request) => this.become(request, 'INSTANCE_STATE_RUNNING')),
      pauseInstance: this.unary('pauseInstance', (request) => this.become(request, 'INSTANCE_STATE_PAUSED')),
      unpauseInstance: this.unary('unpauseInstance', (request) => this.become(request, 'INSTANCE_STATE_RUNNING')),
      deleteInstance: this.unary('deleteInstance', ({ call, instanceId }) => {
        this.guard(call!, instanceId);
        this.instances.delete(instanceId);
        return {};
      }),
      getConsoleLog: this.unary('getConsoleLog', () => ({ output: Buffer.from('console') })),
      setForwarding: this.unary('setForwarding', (request) => this.forward(request)),
      ensureImage: this.unary('ensureImage', () => ({ cached: true })),
      compareDesiredState: this.unary('compareDesiredState', () => ({
        revision: '',
        networks: this.compared(),
        nextPageToken: '',
      })),
      ensureNetwork: this.unary('ensureNetwork', () => ({})),
      checkMigration: this.unary('checkMigration', () =>
        CheckMigrationResponse.create({ reasons: this.reasons, ...this.room }),
      ),
      prepareMigration: this.unary('prepareMigration', (request: PrepareMigrationRequest) =>
        this.migrations.prepare(request),
      ),
      sendMigration: (stream: ServerWritableStream<SendMigrationRequest, MigrationProgress>) => {
        const error = this.enter('sendMigration');
        if (error) stream.emit('error', error);
        else this.migrations.send(stream);
      },
      commitMigration: this.unary('commitMigration', (request: MigrationRequest) => this.migrations.commit(request)),
      abortMigration: this.unary('abortMigration', (request: MigrationRequest) => this.migrations.abort(request)),
      releaseMigration: this.unary('releaseMigration', (request: MigrationRequest) => this.migrations.release(request)),
      revertMigration: this.unary('revertMigration', (request: MigrationRequest) => this.migrations.revert(request)),
      hurryMigration: this.unary('hurryMigration', (request: MigrationRequest) => {
        this.migrations.goOn();
        return this.migrations.get(request.migrationId);
      }),
      getGuestHealth: this.unary('getGuestHealth', (request: GetGuestHealthRequest) => {
        if (!this.guestHealth) throw rpcError(status.UNIMPLEMENTED, 'unknown method');
        return this.guestHealth(request);
      }),
      getMigration: this.unary('getMigration', (request: MigrationRequest) => this.migrations.get(request.migrationId)),
    };
  }

  private unary<Request, Response>(method: Method, answer: (request: Request) => Response) {
    return (call: ServerUnaryCall<Request, Response>, done: sendUnaryData<Response>) => {
      try {
        const error = this.enter(method);
        if (error) done(error);
        else done(null, answer(call.request));
      } catch (error) {
        done(error as ServiceError);
      }
    };
  }

  private enter(method: Method): ServiceError | undefined {
    this.calls.push(method);
    this.onCall(method);
    const refusal = this.refusals.get(method);
    if (!refusal || refusal.times-- <= 0) return undefined;
    return rpcError(refusal.code, refusal.message);
  }

  private create({ call, spec, start }: CreateInstanceRequest): InstanceStatus {
    this.guard(call!, spec!.id);
    const state = start ? InstanceState.INSTANCE_STATE_RUNNING : InstanceState.INSTANCE_STATE_STOPPED;
    this.instances.set(spec!.id, { epoch: call!.epoch, state, memoryBytes: spec!.limits!.memoryBytes });
    this.learnPorts(spec!);
    return this.status(spec!.id);
  }

  private configure(one: FakeInstance, spec: InstanceSpec): void {
    one.memoryBytes = spec.limits!.memoryBytes;
    this.learnPorts(spec);
  }

  learnPorts({ id, nics, ephemeral }: InstanceSpec): void {
    if (ephemeral) this.ephemeral.add(id);
    this.ports.set(
      id,
      nics.map((nic) => nic.portId),
    );
  }

  private become(
    { call, instanceId }: Pick<InstanceRequest, 'call' | 'instanceId'>,
    state: keyof typeof InstanceState,
  ) {
    return this.change(call!, instanceId, (one) => (one.state = InstanceState[state]));
  }

  private change(call: Call, id: string, work: (one: FakeInstance) => void): InstanceStatus {
    this.guard(call, id);
    const one = this.instances.get(id);
    if (!one) throw rpcError(status.NOT_FOUND, `no instance ${id}`);
    work(one);
    one.epoch = call.epoch;
    return this.status(id);
  }

  /** Invariant 2: refuses an older epoch than the one it keeps. */
  private guard(call: Call, id: string): void {
    const kept = this.instances.get(id)?.epoch ?? 0;
    if (call.epoch < kept) throw rpcError(status.FAILED_PRECONDITION, 'STALE_EPOCH');
  }

  private status(id: string): InstanceStatus {
    const { epoch, state } = this.instances.get(id)!;
    return { id, epoch, state, initPid: 1, reason: '', memoryBytesUsed: 0 };
  }

  private forward(request: SetForwardingRequest) {
    const { networkId, entries, removedMacs, complete } = request;
    this.forwarded.push(request);
    const table = complete ? new Map<string, string>() : (this.forwarding.get(networkId) ?? new Map<string, string>());
    removedMacs.forEach((mac) => table.delete(mac));
    entries.forEach(({ mac, vtep }) => table.set(mac, vtep));
    this.forwarding.set(networkId, table);
    return { present: true };
  }
}
