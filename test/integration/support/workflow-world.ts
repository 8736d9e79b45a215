import 'reflect-metadata';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { HostInfo } from '#generated/lxstack/agent/v1/types';
import type { Caller } from '#libs/common/caller';
import { sleep } from '#libs/common/clock';
import { newId } from '#libs/common/ids';
import { Instance } from '#libs/compute/instances/instance.entity';
import { readPki, serverCredentials } from '#libs/agent-protocol/credentials';
import { DatabaseModule } from '#libs/database/database.module';
import { migrateSchema } from '#libs/database/schema';
import { Audit } from '#libs/fleet/audit/audit.service';
import type { Difference } from '#libs/fleet/audit/difference';
import { FleetModule } from '#libs/fleet/fleet.module';
import { Host } from '#libs/fleet/hosts/host.entity';
import { closeSwitches } from '#libs/fleet/ownership/close-switches';
import { InstanceOwnership } from '#libs/fleet/ownership/ownership.service';
import { MoveBatches } from '#libs/mobility/batches/move-batches.service';
import { Drains } from '#libs/mobility/drain/drains.service';
import { MoveEligibility } from '#libs/mobility/eligibility/move-eligibility';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import { Migrations } from '#libs/mobility/migrations/migrations.service';
import { RunningMoves } from '#libs/mobility/migrations/running-moves.service';
import { RebalancePlans } from '#libs/mobility/rebalance/rebalance-plans.service';
import { MobilityModule } from '#libs/mobility/mobility.module';
import type { Operation } from '#libs/operations/operation.entity';
import { OperationsModule } from '#libs/operations/operations.module';
import { RedisConnections } from '#libs/operations/redis';
import { Events } from '#libs/operations/events';
import { Operations } from '#libs/operations/operations.service';
import { FakeAgent } from './fake-agent/fake-agent.js';
import { PrivateServers } from './private-servers.js';
import { TestPki } from './test-pki.js';
import { seedInstance, seedTenant } from './workflow-seed.js';
import type { Tenant } from './workflow-seed.js';

@Module({ imports: [DatabaseModule, OperationsModule, FleetModule, MobilityModule] })
class ControlModule {}

export const caller: Caller = { userId: 'u', projectId: 'p', roles: ['admin'], isAdmin: true, requestId: 'req-test' };

/** Real PostgreSQL, Redis and worker processes, with fake agents. */
export class WorkflowWorld {
  readonly agents = new Map<string, FakeAgent>();
  readonly hosts = new Map<string, Host>();
  private readonly workers = new Set<ChildProcess>();

  private constructor(
    readonly servers: PrivateServers,
    private readonly control: INestApplicationContext,
    readonly tenant: Tenant,
  ) {}

  static async start(name: string, hostNames: string[]): Promise<WorkflowWorld> {
    const servers = await PrivateServers.start(name);
    const pki = await TestPki.create(join(servers.directory, 'pki'));
    Object.assign(process.env, {
      LXSTACK_DATABASE_URL: servers.databaseUrl,
      LXSTACK_REDIS_URL: servers.redisUrl,
      LXSTACK_PKI_DIR: await pki.issue('control:worker'),
      LXSTACK_OPERATION_LEASE_MS: '1500',
      LXSTACK_SWEEP_MS: '300',
      LXSTACK_LOG_LEVEL: process.env.LXSTACK_LOG_LEVEL ?? 'error',
    });
    const control = await NestFactory.createApplicationContext(ControlModule, { logger: ['error'] });
    const database = control.get(DataSource);
    await migrateSchema(database);
    const world = new WorkflowWorld(servers, control, await seedTenant(database));
    for (const [index, host] of hostNames.entries()) await world.addHost(host, index, pki);
    await world.startWorker();
    return world;
  }

  get database(): DataSource {
    return this.control.get(DataSource);
  }

  get operations(): Operations {
    return this.control.get(Operations);
  }

  get migrations(): Migrations {
    return this.control.get(Migrations);
  }

  get events(): Events {
    return this.control.get(Events);
  }

  get eligibility(): MoveEligibility {
    return this.control.get(MoveEligibility);
  }

  get ownership(): InstanceOwnership {
    return this.control.get(InstanceOwnership);
  }

  get running(): RunningMoves {
    return this.control.get(RunningMoves);
  }

  get batches(): MoveBatches {
    return this.control.get(MoveBatches);
  }

  get plans(): RebalancePlans {
    return this.control.get(RebalancePlans);
  }

  get drains(): Drains {
    return this.control.get(Drains);
  }

  /** Starts a worker process, as in production. */
  async startWorker(): Promise<ChildProcess> {
    const main = join(import.meta.dirname, '../../../apps/worker/main.js');
    const worker = spawn(process.execPath, [main], { stdio: ['ignore', 'inherit', 'inherit'] });
    this.workers.add(worker);
    worker.once('exit', () => this.workers.delete(worker));
    return Promise.resolve(worker);
  }

  async flushRedis(): Promise<void> {
    await this.control
      .get(RedisConnections)
      .impatient(() => {})
      .flushall();
  }

  /** Restarts the server; resolves when it accepts connections again. */
  async restartPostgres(awayMs: number): Promise<void> {
    await this.servers.restartPostgres(awayMs);
    for (let up = false; !up; await sleep(50))
      up = await this.database.query('SELECT 1').then(
        () => true,
        () => false,
      );
  }

  /** Does what GetOwnership does before it answers. */
  async closeSwitches(instanceId: string): Promise<void> {
    await this.database.transaction((tx) => closeSwitches(tx, [instanceId]));
  }

  /** Sends SIGKILL to every worker. */
  killWorkers(): void {
    for (const worker of this.workers) worker.kill('SIGKILL');
  }

  async stop(): Promise<void> {
    const gone = [...this.workers].map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
    for (const worker of this.workers) worker.kill('SIGKILL');
    await Promise.all(gone);
    for (const agent of this.agents.values()) agent.close();
    await this.control.close();
    await this.servers.stop();
  }

  /** Builds an instance by its operation and waits for the operation's end. */
  async create(host?: string, more: Partial<Instance> = {}): Promise<{ id: string; operation: Operation }> {
    const id = await this.begin(host, {}, more);
    return { id: id.instanceId, operation: await this.operations.waitFor(id.operationId, 120_000) };
  }

  async begin(
    host?: string,
    hints: Record<string, string> = {},
    more: Partial<Instance> = {},
  ): Promise<{ instanceId: string; operationId: string }> {
    const instanceId = newId();
    const requestedHost = host ? this.hosts.get(host)!.id : null;
    const operation = await this.operations.transact(async (tx, create) => {
      await seedInstance(tx, this.tenant, instanceId, hints, more);
      const input = { forcedHost: null, requestedHost };
      return create(this.operationOn(instanceId, 'instance.create', input));
    });
    return { instanceId, operationId: operation.id };
  }

  /** Makes an operation on an instance, as the compute service would. */
  async run(instanceId: string, kind: string, taskState: string, input: object = {}): Promise<Operation> {
    const { vmState, powerState } = await this.instance(instanceId);
    const { id } = await this.operations.transact(async (tx, create) => {
      await tx.query('UPDATE instances SET task_state = $2 WHERE id = $1', [instanceId, taskState]);
      return create(this.operationOn(instanceId, kind, { before: { vmState, powerState }, ...input }));
    });
    return this.operations.waitFor(id, 120_000);
  }

  /** Deletes the instance as a user does: operations under way on it are asked to end. Waits for the end. */
  async remove(instanceId: string): Promise<Operation> {
    const { vmState, powerState } = await this.instance(instanceId);
    const { id } = await this.operations.transact(async (tx, create) => {
      await tx.query(`UPDATE instances SET task_state = 'deleting' WHERE id = $1`, [instanceId]);
      const others = await tx.query<{ id: string }[]>(
        `SELECT id FROM operations WHERE resource_id = $1 AND state IN ('pending', 'running', 'undoing')`,
        [instanceId],
      );
      for (const other of others) await this.operations.requestCancel(other.id, tx);
      const input = { before: { vmState, powerState }, force: false };
      return create(this.operationOn(instanceId, 'instance.delete', input));
    });
    return this.operations.waitFor(id, 120_000);
  }

  /** What the host's agent would publish. */
  hostInfo(name: string): HostInfo {
    const { vtep, vcpus, memoryMb, diskGb, capabilities } = this.hosts.get(name)!;
    const inventory = { vcpus, memoryBytes: memoryMb * 1024 ** 2, diskBytes: diskGb * 1024 ** 3 };
    return HostInfo.create({ hostname: name, vtep, inventory, capabilities });
  }

  async instance(id: string): Promise<Instance> {
    return this.database.manager.findOneByOrFail(Instance, { id });
  }

  hostId = (name: string): string => this.hosts.get(name)!.id;

  claims(instanceId: string): Promise<unknown[]> {
    return this.database.query('SELECT 1 FROM allocations WHERE instance_id = $1', [instanceId]);
  }

  /** Waits for a migration's end, whatever it is. */
  async ended(
    { uuid, operationId }: Migration,
    patienceMs = 120_000,
  ): Promise<{ operation: Operation; migration: Migration }> {
    const operation = await this.operations.waitFor(operationId, patienceMs);
    return { operation, migration: await this.database.manager.findOneByOrFail(Migration, { uuid }) };
  }

  /** Every difference between Postgres, agents and allocations. */
  differences(): Promise<Difference[]> {
    return this.control.get(Audit).run(caller);
  }

  /** Invariants 2 and 3, and that no port is bound to a host without its instance. */
  async audit(): Promise<void> {
    assert.deepEqual(await this.differences(), [], 'invariant 3: the audit prints nothing');
    const running = [...this.agents.values()].flatMap((agent) => agent.running());
    assert.equal(new Set(running).size, running.length, 'invariant 2: an instance runs on one host at most');
  }

  private operationOn(instanceId: string, kind: string, input: object) {
    return { kind, queue: 'instance' as const, resourceType: 'instance', resourceId: instanceId, by: caller, input };
  }

  private async addHost(name: string, index: number, pki: TestPki): Promise<void> {
    const agent = new FakeAgent(name, this.agents);
    const port = await agent.listen('127.0.0.1:0', serverCredentials(readPki(await pki.issue(`agent:${name}`))));
    const host = this.database.manager.create(Host, {
      id: newId(),
      name,
      role: 'compute',
      address: `127.0.0.1:${port}`,
      vtep: `10.213.0.${11 + index}`,
      leaseExpiresAt: new Date(Date.now() + 3_600_000),
      vcpus: 8,
      memoryMb: 8192,
      diskGb: 100,
      capabilities: ['checkpoint', 'restore'].map((one) => ({ name: one, present: true, detail: '' })),
    });
    this.hosts.set(name, await this.database.manager.save(host));
  }
}
