import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Notices } from '#libs/database/notices';
import { Acknowledgements } from '#libs/networking/desired-state/acknowledgements';
import { ChangeLog } from '#libs/networking/desired-state/change-log';
import { DesiredStateFeed } from '#libs/networking/desired-state/feed';
import { GroupFacts } from '#libs/networking/desired-state/group-facts';
import { HostFacts } from '#libs/networking/desired-state/host-facts';
import { TestFollower } from '../support/test-follower.js';
import { caller, WorkflowWorld } from '../support/workflow-world.js';

describe('workflows with hosts that follow their networks', () => {
  let world: WorkflowWorld;
  let notices: Notices;
  let feed: DesiredStateFeed;
  const followers = new Map<string, TestFollower>();

  before(async () => {
    world = await WorkflowWorld.start('wf-follow', ['h1', 'h2', 'h3']);
    const { database } = world;
    await database.query(
      `UPDATE hosts SET capabilities = capabilities || '[{"name": "desired-state", "present": true, "detail": ""}]'`,
    );
    notices = new Notices(database);
    const acknowledgements = new Acknowledgements(database, notices);
    const facts = [new HostFacts(database), new GroupFacts(database)] as const;
    feed = new DesiredStateFeed(database, notices, new ChangeLog(database), ...facts, acknowledgements);
    for (const name of ['h1', 'h2', 'h3']) {
      const follower = new TestFollower(world.hostId(name), feed);
      followers.set(name, follower);
      await follower.follow();
      world.agents.get(name)!.compared = () => follower.compare();
    }
  });
  after(async () => {
    await feed.onApplicationShutdown();
    await notices.onApplicationShutdown();
    await world.stop();
  });
  afterEach(() => world.audit());

  const vteps = (host: string) =>
    [...(followers.get(host)!.document.peers.get(world.tenant.networkId)?.values() ?? [])].map(({ vtep }) => vtep);
  const told = () =>
    [...world.agents.values()].flatMap(({ calls }) =>
      calls.filter((call) => call === 'setForwarding' || call === 'ensureNetwork'),
    );

  it('a build, a stop and a delete call no peer; where it is comes by the stream', async () => {
    await world.create('h2');
    const { id } = await world.create('h1');
    await followers.get('h2')!.until(() => vteps('h2').includes('10.213.0.11'));
    await followers.get('h1')!.until(() => vteps('h1').includes('10.213.0.12'));
    assert.equal((await world.run(id, 'instance.delete', 'deleting', { force: false })).state, 'done');
    await followers.get('h2')!.until(() => !vteps('h2').includes('10.213.0.11'));
    await followers.get('h1')!.until((document) => document.networks.size === 0);
    assert.deepEqual(told(), []);
  });

  it('a live move releases its source when every host of the network that is up has acknowledged, not before', async () => {
    const { id } = await world.create('h1');
    await world.create('h3');
    const bystander = followers.get('h3')!;
    await bystander.until(() => vteps('h3').includes('10.213.0.11'));
    bystander.acknowledges = false;
    const move = await world.migrations.liveMigrate(caller, id, { host: 'h2' });
    await bystander.until(() => vteps('h3').includes('10.213.0.12') && !vteps('h3').includes('10.213.0.11'));
    const calls = () => world.agents.get('h1')!.calls;
    while (!calls().includes('commitMigration')) await pause(20);
    await pause(500);
    assert.ok(!calls().includes('releaseMigration'), 'the source redirects as long as somebody does not know');
    bystander.acknowledges = true;
    feed.acknowledge(bystander, { revision: bystander.document.revision, failures: [], mended: [] });
    const { migration } = await world.ended(move);
    assert.equal(migration.status, 'completed');
    assert.ok(calls().includes('releaseMigration'));
    assert.deepEqual(told(), []);
  });

  it("a move's target is told by call only where the instance's own ports are, and waited for before the move", async () => {
    world.agents.get('h2')!.migrations.prepared = undefined;
    const [{ id }] = [await world.create('h1'), await world.create('h1'), await world.create('h2')];
    const { networkId } = world.tenant;
    const toldOf = (host: string) =>
      world.agents.get(host)!.migrations.prepared!.forwarding.map((one) => [one.networkId, one.entries.length]);
    const acknowledged = async (host: string) => {
      const hostIds = [world.hostId(host)];
      const xid = await world.database.transaction((tx) => new ChangeLog(world.database).markHosts(tx, hostIds));
      assert.deepEqual(await new Acknowledgements(world.database, notices).wait(xid, { hostIds }, 60_000), []);
    };
    const move = async (host: string) => {
      const { migration } = await world.ended(await world.migrations.liveMigrate(caller, id, { host }));
      assert.equal(migration.status, 'completed', JSON.stringify(migration.failure));
    };
    const ports = await world.database.query<object[]>('SELECT 1 FROM ports WHERE host_id IS NOT NULL');
    const elsewhere = await world.database.query<object[]>(
      'SELECT 1 FROM ports WHERE host_id IS NOT NULL AND host_id <> $1',
      [world.hostId('h2')],
    );
    assert.ok(ports.length > elsewhere.length && elsewhere.length > 1);
    const two = followers.get('h2')!;
    two.acknowledges = false;
    await world.create('h2'); // what h2 has not acknowledged may be on its way
    const sent = () => world.agents.get('h1')!.calls.filter((call) => call === 'sendMigration').length;
    const sentBefore = sent();
    const first = await world.migrations.liveMigrate(caller, id, { host: 'h2' });
    while (!world.agents.get('h2')!.migrations.prepared) await pause(20);
    assert.deepEqual(toldOf('h2'), [[networkId, 1]]);
    await pause(500);
    assert.equal(sent(), sentBefore, 'nothing is moved before the target has its networks');
    two.acknowledges = true;
    feed.acknowledge(two, { revision: two.document.revision, failures: [], mended: [] });
    assert.equal((await world.ended(first)).migration.status, 'completed');
    await move('h1');
    await acknowledged('h2');
    await move('h2');
    assert.deepEqual(toldOf('h2'), [[networkId, 1]]);
  });

  it('a host that is down is not waited for', async () => {
    const { id } = await world.create('h2');
    await world.create('h3');
    const away = followers.get('h3')!;
    away.stop();
    await world.database.query(`UPDATE hosts SET forced_down = true WHERE name = 'h3'`);
    const { migration } = await world.ended(await world.migrations.liveMigrate(caller, id, { host: 'h1' }));
    assert.equal(migration.status, 'completed');
    await world.database.query(`UPDATE hosts SET forced_down = false WHERE name = 'h3'`);
    await away.follow();
    await away.until(() => vteps('h3').includes('10.213.0.11'));
  });
});
