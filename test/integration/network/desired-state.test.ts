import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import type { DesiredDocument } from '#apps/agent/desired-state/document';
import type { ResourceFailure } from '#generated/lxstack/agent/v1/desired_state';
import { newId } from '#libs/common/ids';
import { Notices } from '#libs/database/notices';
import { Host } from '#libs/fleet/hosts/host.entity';
import { Acknowledgements } from '#libs/networking/desired-state/acknowledgements';
import { ChangeLog } from '#libs/networking/desired-state/change-log';
import { DesiredStateFeed } from '#libs/networking/desired-state/feed';
import { HostDocuments } from '#libs/networking/desired-state/host-documents';
import { GroupFacts } from '#libs/networking/desired-state/group-facts';
import { HostFacts } from '#libs/networking/desired-state/host-facts';
import { documentOf } from '#libs/networking/desired-state/resources';
import { renderRevision } from '#libs/networking/desired-state/revision';
import { Network } from '#libs/networking/networks/network.entity';
import { Port } from '#libs/networking/ports/port.entity';
import { Subnet } from '#libs/networking/subnets/subnet.entity';
import { createTestDatabase } from '../support/servers.js';
import type { TestDatabase } from '../support/servers.js';
import { TestFollower } from '../support/test-follower.js';

describe('desired state', () => {
  let database: TestDatabase;
  let source: DataSource;
  let log: ChangeLog;
  let facts: HostFacts;
  let feed: DesiredStateFeed;
  let notices: Notices;
  let acknowledgements: Acknowledgements;
  let network: Network;
  let subnet: Subnet;
  let hosts: Host[];
  let number = 0;

  before(async () => {
    database = await createTestDatabase();
    source = database.dataSource;
    notices = new Notices(source);
    [log, facts, acknowledgements] = [
      new ChangeLog(source),
      new HostFacts(source),
      new Acknowledgements(source, notices),
    ];
    feed = new DesiredStateFeed(source, notices, log, facts, new GroupFacts(source), acknowledgements);
    hosts = await Promise.all([1, 2, 3].map(makeHost));
    network = await makeNetwork();
    subnet = await makeSubnet(network);
  });
  after(async () => {
    await feed.onApplicationShutdown();
    await notices.onApplicationShutdown();
    await database.drop();
  });
  afterEach(async () => {
    for (const stream of followers.splice(0)) stream.stop();
    await source.query('DELETE FROM ports');
  });

  const followers: TestFollower[] = [];
  const follower = async (host: Host): Promise<TestFollower> => {
    const made = new TestFollower(host.id, feed);
    followers.push(made);
    await made.follow();
    return made;
  };

  async function makeHost(index: number): Promise<Host> {
    const capabilities = [{ name: 'desired-state', present: true, detail: '' }];
    const leaseExpiresAt = new Date(Date.now() + 3_600_000);
    const row = { id: newId(), name: `h${index}`, role: 'compute' as const, address: '', capabilities, leaseExpiresAt };
    return source.manager.save(source.manager.create(Host, { ...row, vtep: `10.213.0.${index}` }));
  }

  function makeNetwork(): Promise<Network> {
    const row = { id: newId(), name: 'net', projectId: 'p', vni: 5_000 + ++number };
    return source.manager.save(source.manager.create(Network, row));
  }

  function makeSubnet({ id: networkId }: Network): Promise<Subnet> {
    const row = { id: newId(), projectId: 'p', networkId, cidr: '10.9.0.0/16', gatewayIp: '10.9.0.1' };
    return source.manager.save(source.manager.create(Subnet, row));
  }

  const port = (host: Host | null, of = network): Port =>
    source.manager.create(Port, {
      id: newId(),
      projectId: 'p',
      networkId: of.id,
      macAddress: `fa:16:3e:00:${(++number >> 8).toString(16).padStart(2, '0')}:${(number & 255).toString(16).padStart(2, '0')}`,
      fixedIps: [{ subnet_id: subnet.id, ip_address: `10.9.${number >> 8}.${number & 255}` }],
      hostId: host?.id ?? null,
    });
  const save = (one: Port) => source.manager.save(one);
  const bind = (one: Port, host: Host | null) =>
    source.query('UPDATE ports SET host_id = $2 WHERE id = $1', [one.id, host?.id ?? null]);
  const peersOf = (document: DesiredDocument, of = network) => document.peers.get(of.id) ?? new Map<string, unknown>();

  /** The host's document as the database has it now. */
  async function expected(host: Host): Promise<string[]> {
    const all = documentOf(host.id, await facts.all(await facts.networksOf(host.id)));
    return all.map((one) => JSON.stringify(one)).sort();
  }
  const contentOf = ({ document }: TestFollower) =>
    document
      .content()
      .resources.map((one) => JSON.stringify(one))
      .sort();

  it('loses no change where transactions commit in another order than they began', async () => {
    const start = renderRevision(await log.now());
    const [early, late] = [port(hosts[0]), port(hosts[1])];
    const [first, second] = [source.createQueryRunner(), source.createQueryRunner()];
    await first.startTransaction();
    await first.manager.save(early);
    await second.startTransaction();
    await second.manager.save(late);
    await second.commitTransaction();
    const before = (await log.since(start))!;
    assert.deepEqual(
      before.changes.map((change) => change.resourceId),
      [late.id],
      'what is committed is told, though something older is still open',
    );
    await first.commitTransaction();
    const then = (await log.since(renderRevision(before.revision)))!;
    assert.deepEqual(
      then.changes.map((change) => change.resourceId),
      [early.id],
      'what began earlier and ended later is told, and nothing twice',
    );
    assert.deepEqual((await log.since(renderRevision(then.revision)))!.changes, []);
    await Promise.all([first.release(), second.release()]);
  });

  it('writes one row for a change, however many hosts have the network, and none for what no host has to know', async () => {
    const ports = await Promise.all(hosts.map((host) => save(port(host))));
    const unbound = await save(port(null));
    const start = renderRevision(await log.now());
    await source.query(`UPDATE ports SET status = 'ACTIVE', name = 'x', updated_at = now()`);
    await source.query('UPDATE ports SET port_security_enabled = false WHERE id = $1', [unbound.id]);
    await source.query(`UPDATE networks SET name = 'other' WHERE id = $1`, [network.id]);
    await source.query(`UPDATE hosts SET lease_expires_at = now() + interval '1 hour', vtep = vtep`);
    assert.deepEqual((await log.since(start))!.changes, []);
    await source.query('UPDATE networks SET mtu = 1400 WHERE id = $1', [network.id]);
    await source.query('UPDATE ports SET admin_state_up = false WHERE id = $1', [ports[0].id]);
    assert.deepEqual(
      (await log.since(start))!.changes.map(({ kind, resourceId }) => [kind, resourceId]),
      [
        ['network', network.id],
        ['port', ports[0].id],
      ],
    );
    await source.query('UPDATE networks SET mtu = 1450 WHERE id = $1', [network.id]);
  });

  it('tells hosts of their networks, of what is bound to them and where the others are', async () => {
    const [one, two] = [await follower(hosts[0]), await follower(hosts[1])];
    const here = await save(port(hosts[0]));
    await one.until((document) => document.ports.has(here.id) && document.subnets.has(subnet.id));
    assert.equal(two.document.networks.size, 0, 'a host without a port of the network knows nothing of it');
    const there = await save(port(hosts[1]));
    await one.until((document) => peersOf(document).has(there.id));
    await two.until((document) => peersOf(document).has(here.id));
    await source.query(`UPDATE subnets SET dns_nameservers = '{9.9.9.9}', enable_dhcp = false WHERE id = $1`, [
      subnet.id,
    ]);
    for (const host of [one, two]) await host.until((document) => !document.subnets.get(subnet.id)!.dhcp);
    assert.deepEqual(two.document.subnets.get(subnet.id)!.dnsServers, ['9.9.9.9']);
    await bind(here, hosts[1]);
    await one.until((document) => document.networks.size === 0);
    await two.until((document) => document.ports.size === 2);
    await source.query('DELETE FROM ports WHERE id = $1', [here.id]);
    await two.until((document) => document.ports.size === 1);
    assert.deepEqual(contentOf(two), await expected(hosts[1]));
  });

  it('tells a host that was away what it missed, and no more', async () => {
    const ports = await Promise.all([1, 2, 3].map(() => save(port(hosts[0]))));
    const other = await makeNetwork();
    await save(port(hosts[0], other));
    const host = await follower(hosts[0]);
    await host.until((document) => document.ports.size === 4);
    host.stop();
    const { wholes } = host;
    await bind(ports[0], hosts[1]);
    await source.query('DELETE FROM ports WHERE id = ANY($1)', [[ports[1].id]]);
    await source.query('UPDATE networks SET mtu = 1300 WHERE id = $1', [network.id]);
    await source.query('DELETE FROM ports WHERE network_id = $1', [other.id]);
    await host.follow();
    assert.equal(host.wholes, wholes, 'only what it missed');
    assert.deepEqual(contentOf(host), await expected(hosts[0]));
    assert.equal(host.document.networks.get(network.id)!.mtu, 1300);
    await source.query('UPDATE networks SET mtu = 1450 WHERE id = $1', [network.id]);
  });

  it('gives the whole to a host whose revision is older than the log, of another database, or from the future', async () => {
    await save(port(hosts[0]));
    const host = await follower(hosts[0]);
    const revision = host.document.revision;
    const again = async (from: string) => {
      host.stop();
      host.document.revision = from;
      const { wholes } = host;
      await host.follow();
      return host.wholes - wholes;
    };
    assert.equal(await again(revision), 0);
    assert.equal(await again(revision.replace(/^[^/]*/, newId())), 1, 'another database');
    assert.equal(await again(revision.replace(/\/.*/, '/9000000:9000001:')), 1, 'the future');
    assert.equal(await again('nonsense'), 1);
    const old = host.document.revision;
    await source.query(`UPDATE desired_state_changes SET created_at = now() - interval '2 hours'`);
    await save(port(hosts[1]));
    await source.query(`UPDATE desired_state_changes SET created_at = now() - interval '2 hours'`);
    await log.prune();
    assert.deepEqual(await source.query('SELECT 1 FROM desired_state_changes'), []);
    assert.equal(await again(old), 1, 'older than what is kept');
    assert.deepEqual(contentOf(host), await expected(hosts[0]));
  });

  it('is the same at every host after any number of changes at once, with streams that break', async () => {
    const ports = await Promise.all(Array.from({ length: 12 }, () => save(port(null))));
    const streams = await Promise.all(hosts.map(follower));
    const random = (below: number) => Math.floor(Math.random() * below);
    const writer = async () => {
      for (let n = 0; n < 25; n++) {
        await source.transaction(async (tx) => {
          for (const one of [ports[random(12)], ports[random(12)]].sort((a, b) => (a.id < b.id ? -1 : 1)))
            await tx.query('UPDATE ports SET host_id = $2, admin_state_up = $3 WHERE id = $1', [
              one.id,
              [...hosts, null][random(4)]?.id ?? null,
              random(2) === 0,
            ]);
          await pause(random(8));
        });
      }
    };
    const breaker = async () => {
      for (let n = 0; n < 12; n++) {
        const stream = streams[random(3)];
        stream.stop();
        await pause(random(30));
        await stream.follow();
      }
    };
    await Promise.all([writer(), writer(), writer(), writer(), breaker()]);
    const { xid } = await mark();
    assert.deepEqual(await acknowledgements.wait(xid, { networkIds: [network.id] }, 60_000), []);
    for (const [index, stream] of streams.entries())
      assert.deepEqual(contentOf(stream), await expected(hosts[index]), `${stream.messages} messages`);
  });

  const mark = () => source.transaction(async (tx) => ({ xid: await log.mark(tx, [network.id]) }));

  it('tells each host of a change once, also where its agent or the api was restarted in between', async () => {
    const ports = await Promise.all(hosts.map((host) => save(port(host))));
    const streams = await Promise.all(hosts.map(follower));
    /** Everything committed is applied; then: how often each host was told of what since the last time. */
    const heard = async () => {
      const { xid } = await mark();
      assert.deepEqual(await acknowledgements.wait(xid, { networkIds: [network.id] }, 60_000), []);
      const told = streams.map((stream) => stream.told.splice(0).sort());
      const messages = streams.map((stream) => stream.messages);
      for (const stream of streams) stream.messages = 0;
      return { told, messages };
    };
    const all = (...told: string[]) => streams.map(() => [...told].sort());
    await heard();

    await source.query(`UPDATE subnets SET dns_nameservers = '{192.0.2.1}' WHERE id = $1`, [subnet.id]);
    const first = await heard();
    assert.deepEqual(first.told, all(`subnet ${subnet.id}`));
    for (const count of first.messages) assert.ok(count <= 2, `${count} messages: the change, and the mark`);

    streams[1].stop();
    await source.query('UPDATE networks SET mtu = 1400 WHERE id = $1', [network.id]);
    await streams[0].until((document) => document.networks.get(network.id)!.mtu === 1400);
    await streams[1].follow();
    const second = await heard();
    assert.deepEqual(second.told, all(`network ${network.id}`), 'its agent was restarted');
    for (const count of second.messages) assert.ok(count <= 3, `${count} messages: the change, the mark, a new stream`);

    await feed.onApplicationShutdown();
    await source.query('UPDATE ports SET port_security_enabled = false WHERE id = $1', [ports[0].id]);
    feed = new DesiredStateFeed(source, notices, log, facts, new GroupFacts(source), acknowledgements);
    for (const stream of streams) await stream.follow(feed);
    const third = await heard();
    assert.deepEqual(
      third.told,
      streams.map((_, index) => [`peer ${ports[0].id}`, ...(index === 0 ? [`port ${ports[0].id}`] : [])]),
      'the api was restarted',
    );
    for (const count of third.messages) assert.ok(count <= 3, `${count} messages`);

    for (const stream of streams) {
      stream.stop();
      await stream.follow();
    }
    assert.deepEqual((await heard()).told, all(), 'nothing changed: nobody is told anything');
    assert.ok(
      streams.every(({ wholes }) => wholes === 1),
      'and nobody gets the whole again',
    );
    await source.query(`UPDATE networks SET mtu = 1450 WHERE id = $1`, [network.id]);
  });

  it('is waited for until the hosts of the network that are up have it', async () => {
    await Promise.all(hosts.map((host) => save(port(host))));
    const [one, two] = [await follower(hosts[0]), await follower(hosts[1])];
    two.acknowledges = false;
    await source.query('UPDATE hosts SET forced_down = true WHERE id = $1', [hosts[2].id]);
    const { xid } = await mark();
    assert.deepEqual(
      await acknowledgements.wait(xid, { networkIds: [network.id] }, 300),
      ['h2'],
      'the one that is down is not waited for',
    );
    two.acknowledges = true;
    const waiting = acknowledgements.wait(xid, { networkIds: [network.id] }, 60_000);
    feed.acknowledge(two, { revision: two.document.revision, failures: [], mended: [] });
    assert.deepEqual(await waiting, []);
    assert.ok(one.document.revision);
    await source.query('UPDATE hosts SET forced_down = false WHERE id = $1', [hosts[2].id]);
  });

  it('is waited for at hosts by name, whatever networks they have', async () => {
    const [one] = [await follower(hosts[0])];
    const wait = async () => {
      const xid = await source.transaction((tx) => log.markHosts(tx, [hosts[0].id]));
      return acknowledgements.wait(xid, { hostIds: [hosts[0].id] }, 60_000);
    };
    assert.deepEqual(await wait(), [], 'without any network');
    await save(port(hosts[0]));
    assert.deepEqual(await wait(), []);
    assert.equal(one.document.ports.size, 1);
  });

  it('is shown to operators: how much it is, and what of it the host has not acknowledged', async () => {
    const documents = new HostDocuments(source, log, acknowledgements);
    const [here] = [await save(port(hosts[0])), await save(port(hosts[1]))];
    await source.query('DELETE FROM host_desired_state');
    const never = await documents.of(hosts[0].id);
    assert.equal(never.acknowledgedRevision, null);
    assert.deepEqual(never.totals, { networks: 1, subnets: 1, ports: 1, peers: 2 });
    assert.deepEqual(never.networks, [{ networkId: network.id, subnets: 1, ports: 1, peers: 2 }]);
    const host = await follower(hosts[0]);
    const acknowledged = async () => {
      const xid = await source.transaction((tx) => log.markHosts(tx, [hosts[0].id]));
      assert.deepEqual(await acknowledgements.wait(xid, { hostIds: [hosts[0].id] }, 60_000), []);
      return documents.of(hosts[0].id);
    };
    const then = await acknowledged();
    assert.equal(then.pending, 0);
    assert.ok(then.acknowledgedRevision);
    host.acknowledges = false;
    await source.query('UPDATE ports SET admin_state_up = false WHERE id = $1', [here.id]);
    await source.query('UPDATE networks SET mtu = 1400 WHERE id = $1', [network.id]);
    await source.query(`UPDATE hosts SET vtep = '10.213.0.22' WHERE id = $1`, [hosts[1].id]);
    const other = await makeNetwork();
    await save(port(hosts[1], other)); // nothing to this host
    assert.equal((await documents.of(hosts[0].id)).pending, 3);
    host.acknowledges = true;
    assert.equal((await acknowledged()).pending, 0);
    await source.query('UPDATE networks SET mtu = 1450 WHERE id = $1', [network.id]);
    await source.query(`UPDATE hosts SET vtep = '10.213.0.2' WHERE id = $1`, [hosts[1].id]);
  });

  it('keeps what a host says that fails, and that it no longer does', async () => {
    await save(port(hosts[0]));
    const host = await follower(hosts[0]);
    const failures = async () => (await acknowledgements.of([hosts[0].id])).get(hosts[0].id)?.failures;
    const failure = { kind: 'network', id: network.id, reason: 'no such device' };
    const say = (failures: ResourceFailure[]) => {
      host.failures = failures;
      feed.acknowledge(host, { revision: host.document.revision, failures, mended: [] });
    };
    say([failure]);
    while (!(await failures())?.length) await pause(20);
    assert.deepEqual(await failures(), [failure]);
    say([]);
    while ((await failures())?.length) await pause(20);
  });
});
