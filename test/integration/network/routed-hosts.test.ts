import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import type { DataSource } from 'typeorm';
import { newId } from '#libs/common/ids';
import { Notices } from '#libs/database/notices';
import { Host } from '#libs/fleet/hosts/host.entity';
import { Migration } from '#libs/mobility/migrations/migration.entity';
import type { MigrationStatus } from '#libs/mobility/migrations/migration.entity';
import { Acknowledgements } from '#libs/networking/desired-state/acknowledgements';
import { ChangeLog } from '#libs/networking/desired-state/change-log';
import { DesiredStateFeed } from '#libs/networking/desired-state/feed';
import { GroupFacts } from '#libs/networking/desired-state/group-facts';
import { HostFacts } from '#libs/networking/desired-state/host-facts';
import { Network } from '#libs/networking/networks/network.entity';
import { Port } from '#libs/networking/ports/port.entity';
import { Router } from '#libs/networking/routers/router.entity';
import { Subnet } from '#libs/networking/subnets/subnet.entity';
import { createTestDatabase } from '../support/servers.js';
import type { TestDatabase } from '../support/servers.js';
import { TestFollower } from '../support/test-follower.js';

describe('routers in the desired state', () => {
  let database: TestDatabase;
  let source: DataSource;
  let feed: DesiredStateFeed;
  let notices: Notices;
  let hosts: Host[];
  let nets: Network[];
  let subnets: Subnet[];
  let router: Router;
  let number = 0;

  before(async () => {
    database = await createTestDatabase();
    source = database.dataSource;
    notices = new Notices(source);
    const log = new ChangeLog(source);
    const facts = [new HostFacts(source), new GroupFacts(source)] as const;
    feed = new DesiredStateFeed(source, notices, log, ...facts, new Acknowledgements(source, notices));
    const { manager } = source;
    hosts = await Promise.all(
      [1, 2].map((n) =>
        manager.save(
          manager.create(Host, { id: newId(), name: `h${n}`, role: 'compute', address: '', vtep: `10.213.0.${n}` }),
        ),
      ),
    );
    nets = await Promise.all(
      [1, 2, 3].map((n) => manager.save(manager.create(Network, { id: newId(), name: 'n', projectId: 'p', vni: n }))),
    );
    subnets = await Promise.all(
      nets.map(({ id: networkId }, n) =>
        manager.save(
          manager.create(Subnet, {
            id: newId(),
            projectId: 'p',
            networkId,
            cidr: `10.${n}.0.0/16`,
            gatewayIp: `10.${n}.0.1`,
          }),
        ),
      ),
    );
    router = await manager.save(manager.create(Router, { id: newId(), projectId: 'p' }));
  });
  after(async () => {
    await feed.onApplicationShutdown();
    await notices.onApplicationShutdown();
    await database.drop();
  });
  const followers: TestFollower[] = [];
  afterEach(async () => {
    for (const stream of followers.splice(0)) stream.stop();
    await source.query('DELETE FROM ports');
    await source.query('DELETE FROM migrations');
  });

  const follower = async (host: Host): Promise<TestFollower> => {
    const made = new TestFollower(host.id, feed);
    followers.push(made);
    await made.follow();
    return made;
  };
  const port = (at: number, fields: Partial<Port>): Promise<Port> =>
    source.manager.save(
      source.manager.create(Port, {
        id: newId(),
        projectId: 'p',
        networkId: nets[at].id,
        macAddress: `fa:16:3e:00:01:${(++number).toString(16).padStart(2, '0')}`,
        fixedIps: [{ subnet_id: subnets[at].id, ip_address: `10.${at}.0.${number}` }],
        ...fields,
      }),
    );
  /** A live move of the instance that nobody has begun; the function gives it its next status. */
  const move = async (instanceId: string, target: Host) => {
    const uuid = newId();
    await source.manager.insert(Migration, {
      uuid,
      migrationType: 'live-migration',
      status: 'queued',
      instanceId,
      operationId: newId(),
      projectId: 'p',
      userId: 'u',
    });
    return (status: MigrationStatus) => source.manager.update(Migration, { uuid }, { status, destHostId: target.id });
  };
  const join = (at: number) => port(at, { routerId: router.id, hostId: null });
  const guest = (at: number, host: Host) => port(at, { hostId: host.id });

  it('tells a host of the networks that a router joins to its own, with their peers, and of the router', async () => {
    const [one, two] = [await follower(hosts[0]), await follower(hosts[1])];
    await guest(0, hosts[0]);
    const far = await guest(1, hosts[1]);
    await one.until(({ networks }) => networks.has(nets[0].id));
    assert.equal(one.document.networks.has(nets[1].id), false, 'no router joins them yet');
    await join(0);
    await join(1);
    for (const host of [one, two])
      await host.until(
        ({ networks, routers }) => networks.size === 2 && routers.get(router.id)?.interfaces.length === 2,
      );
    await one.until(({ peers }) => peers.get(nets[1].id)?.has(far.id) ?? false);
    assert.equal(one.document.networks.has(nets[2].id), false);
    await source.query('UPDATE routers SET admin_state_up = false WHERE id = $1', [router.id]);
    await two.until(({ routers }) => !routers.get(router.id)!.adminStateUp);
    await source.query('UPDATE routers SET admin_state_up = true WHERE id = $1', [router.id]);
  });

  it('takes networks and router away where the last reason for them goes', async () => {
    const [here, there] = [await guest(0, hosts[0]), await guest(1, hosts[1])];
    await join(0);
    const far = await join(1);
    const [one, two] = [await follower(hosts[0]), await follower(hosts[1])];
    for (const host of [one, two])
      await host.until(({ networks, routers }) => networks.size === 2 && routers.size === 1);
    await source.query('DELETE FROM ports WHERE id = $1', [far.id]);
    await one.until(({ networks }) => !networks.has(nets[1].id));
    assert.deepEqual([...one.document.routers.keys()], [router.id], 'it is on the other network still');
    await two.until(({ networks, routers }) => !networks.has(nets[0].id) && routers.size === 0);
    await source.query('DELETE FROM ports WHERE id = ANY($1)', [[here.id, there.id]]);
    for (const host of [one, two])
      await host.until(({ networks, routers }) => networks.size === 0 && routers.size === 0);
  });

  it('gives a host its first and last guest of a routed network without touching the others', async () => {
    await join(0);
    await join(2);
    const one = await follower(hosts[0]);
    const first = await guest(0, hosts[0]);
    await one.until(({ networks, routers }) => networks.size === 2 && routers.size === 1);
    const { messages } = one;
    const second = await guest(0, hosts[0]);
    await one.until(({ ports }) => ports.has(second.id));
    assert.equal(one.messages, messages + 1);
    await source.query('DELETE FROM ports WHERE id = ANY($1)', [[first.id, second.id]]);
    await one.until(({ networks, routers }) => networks.size === 0 && routers.size === 0);
  });

  it('tells a host that was away of routers that changed, came and went', async () => {
    await guest(0, hosts[0]);
    await join(0);
    const host = await follower(hosts[0]);
    await host.until(({ routers }) => routers.size === 1);
    host.stop();
    const { wholes } = host;
    await join(1);
    const route = [{ destination: '10.77.0.0/16', nexthop: '10.0.0.9' }];
    await source.query('UPDATE routers SET routes = $2 WHERE id = $1', [router.id, JSON.stringify(route)]);
    const other = await source.manager.save(source.manager.create(Router, { id: newId(), projectId: 'p' }));
    await port(0, { routerId: other.id, hostId: null });
    await host.follow();
    assert.equal(host.wholes, wholes, 'only what it missed');
    assert.deepEqual(host.document.routers.get(router.id)!.routes, route);
    assert.equal(host.document.routers.size, 2);
    assert.equal(host.document.networks.size, 2);
    host.stop();
    await source.query('DELETE FROM ports WHERE router_id = $1', [other.id]);
    await host.follow();
    assert.deepEqual([...host.document.routers.keys()], [router.id]);
  });

  it("a live move's target has networks, peers and routers before the commit, and loses them with the move", async () => {
    await join(0);
    await join(1);
    const far = await guest(1, hosts[0]);
    const moving = await port(0, { hostId: hosts[0].id, instanceId: newId() });
    const target = await follower(hosts[1]);
    const prepared = ({ networks, routers, peers }: TestFollower['document']) =>
      networks.size === 2 &&
      routers.has(router.id) &&
      peers.get(nets[0].id)!.has(moving.id) &&
      peers.get(nets[1].id)!.has(far.id);
    const empty = ({ networks, routers }: TestFollower['document']) => !networks.size && !routers.size;
    for (const end of ['error', 'cancelled'] as const) {
      const become = await move(moving.instanceId!, hosts[1]);
      assert.ok(empty(target.document));
      await become('preparing');
      await target.until(prepared);
      assert.equal(target.document.ports.size, 0, 'the port is where it was');
      await become('running');
      await become(end);
      await target.until(empty);
    }
    const become = await move(moving.instanceId!, hosts[1]);
    await become('preparing');
    await target.until(prepared);
    const late = await follower(hosts[1]);
    assert.ok(prepared(late.document), 'also in a whole document');
    const told = late.told.filter((one) => one.startsWith('network')).length;
    await become('running');
    await source.transaction(async (tx) => {
      await tx.query(`UPDATE migrations SET status = 'post-migrating' WHERE status = 'running'`);
      await tx.query('UPDATE ports SET host_id = $2 WHERE id = $1', [moving.id, hosts[1].id]);
    });
    await late.until(({ ports }) => ports.has(moving.id));
    assert.equal(late.told.filter((one) => one.startsWith('network')).length, told, 'it has them already');
    assert.ok(prepared(late.document));
  });

  it('gives a new host the whole of it', async () => {
    await guest(0, hosts[0]);
    await join(0);
    await join(1);
    const host = await follower(hosts[0]);
    assert.equal(host.document.routers.get(router.id)!.interfaces.length, 2);
    assert.equal(host.document.networks.size, 2);
  });
});
