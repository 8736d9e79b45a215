import assert from 'node:assert/strict';
import type { Migration } from '#libs/mobility/migrations/migration.entity';
import type { Operation } from '#libs/operations/operation.entity';
import { caller, WorkflowWorld } from './workflow-world.js';

/** Live moves between the hosts of a world, and what must hold after them. */
export class LiveMoves {
  private constructor(readonly world: WorkflowWorld) {}

  /** Starts a world of two hosts; `name` must differ between test files. */
  static async start(name: string): Promise<LiveMoves> {
    return new LiveMoves(await WorkflowWorld.start(name, ['h1', 'h2']));
  }

  /** After each test: agents do as they are told again, and nothing of its moves is left. */
  async settled(): Promise<void> {
    for (const agent of this.world.agents.values()) agent.reset();
    await this.world.audit();
    await this.assertNothingHeld();
  }

  /** Makes one move and waits for its end, whatever it is. `checkLater`: the worker asks both ends, not the api. */
  async live(id: string, host = 'h2', checkLater = false): Promise<{ operation: Operation; migration: Migration }> {
    return this.world.ended(await this.world.migrations.liveMigrate(caller, id, { host, checkLater }));
  }

  /** Asserts that the instance is ACTIVE on this host and that no other agent has anything of it. */
  async assertOn(id: string, name: string, epoch: number): Promise<void> {
    const instance = await this.world.instance(id);
    assert.equal(instance.hostId, this.world.hostId(name));
    assert.equal(instance.epoch, epoch);
    assert.deepEqual([instance.vmState, instance.taskState, instance.fault], ['active', null, null]);
    for (const agent of this.world.agents.values()) {
      assert.equal(agent.running().includes(id), agent.name === name, `${agent.name} runs it`);
      assert.equal(agent.instances.has(id), agent.name === name, `nothing is left on ${agent.name}`);
    }
  }

  private async assertNothingHeld(): Promise<void> {
    const { database } = this.world;
    const left = await database.query('SELECT consumer_id FROM allocations WHERE consumer_id <> instance_id');
    assert.deepEqual(left, [], 'a move that has ended holds nothing');
  }
}
