import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { DesiredDocument } from '#apps/agent/desired-state/document';
import { Reconciler } from '#apps/agent/desired-state/reconciler';
import { DesiredSpecs } from '#apps/agent/desired-state/specs';
import { readForwarding } from '#apps/agent/network/kernel-forwarding';
import { HostNetwork } from '#apps/agent/network/network';
import { NetworkRecords } from '#apps/agent/network/network-records';
import type { DesiredResource } from '#generated/lxstack/agent/v1/desired_state';
import { createLogger } from '#libs/common/logger';
import { newId } from '#libs/common/ids';
import { isInsideHost, runInsideHost } from './fleet/inside-host.js';

// Invariant 7, in the kernel: what is sent where, whatever the records of an agent say of it.
const [VNI, HERE, THERE, ELSEWHERE] = [4711, '10.213.0.11', '10.213.0.12', '10.213.0.13'];
const [X, Y, Z] = ['fa:16:3e:00:00:0a', 'fa:16:3e:00:00:0b', 'fa:16:3e:00:00:0c'];
const networkId = newId();
const ids = new Map([X, Y, Z].map((mac) => [mac, newId()]));
const logger = createLogger('test');
logger.level = 'silent';

let state: string;
let moving: Set<string>;
let document: DesiredDocument;
let network: HostNetwork;
let reconciler: Reconciler;

const onHost = (name: string, work: () => Promise<void>) => {
  if (isInsideHost) test(name, work);
};

if (!isInsideHost) test('forwarding in the kernel of a host', () => runInsideHost(import.meta.filename));
else {
  beforeEach(async () => {
    state = await mkdtemp(join(tmpdir(), 'lx-forwarding-'));
    moving = new Set();
    document = new DesiredDocument();
    document.followed = true;
    await startAgent();
  });
  afterEach(async () => {
    for (const device of [`lxv${VNI}`, `lxb${VNI}`]) run('ip', 'link', 'del', device);
    await rm(state, { recursive: true });
  });
}

/** As an agent that starts over what is on disk and in the kernel. */
async function startAgent(): Promise<void> {
  const desired = new DesiredSpecs(document);
  const metadata = { serve: async () => {}, serves: async () => true, end: () => {} };
  const host = { stateDirectory: state, vtep: HERE, cgroup: 'lx-forwarding', dhcpLeaseSeconds: 86_400 };
  const options = { ...host, desired, metadata, logger };
  network = await HostNetwork.open(options);
  reconciler = new Reconciler({ document, network, movingMacs: () => moving }, logger);
}

const run = (command: string, ...args: string[]) => execFileSync(command, args, { stdio: 'pipe' }).toString();

const theNetwork: DesiredResource = {
  id: networkId,
  body: { $case: 'network', value: { vni: VNI, mtu: 1450, adminStateUp: true } },
};
const peer = (mac: string, vtep: string, ...addresses: string[]): DesiredResource => ({
  id: ids.get(mac)!,
  body: { $case: 'peer', value: { networkId, mac, addresses, vtep } },
});

async function change(changed: DesiredResource[], removed: DesiredResource[] = []): Promise<void> {
  const names = removed.map(({ id, body }) => ({ kind: body!.$case, id }));
  await reconciler.apply(document.apply('r', changed, names, false));
  assert.deepEqual(reconciler.failures(), []);
}

/** An entry that is in the kernel and in no record. */
function send(mac: string, vtep: string, ...addresses: string[]): void {
  run('bridge', 'fdb', 'replace', mac, 'dev', `lxv${VNI}`, 'self', 'static', 'dst', vtep);
  run('bridge', 'fdb', 'replace', mac, 'dev', `lxv${VNI}`, 'master', 'static');
  for (const address of addresses)
    run('ip', 'neigh', 'replace', address, 'lladdr', mac, 'dev', `lxb${VNI}`, 'nud', 'permanent');
}

/** What the kernel sends where: `self` and `master` entries and neighbours. */
async function assertSends(wanted: Record<string, string>, neighbours: Record<string, string>): Promise<void> {
  const { fdb, neighbours: known } = await readForwarding(VNI);
  assert.deepEqual(Object.fromEntries(fdb.self), wanted);
  assert.deepEqual([...fdb.master].sort(), Object.keys(wanted).sort(), 'the bridge knows the same');
  assert.deepEqual(Object.fromEntries(known), neighbours);
}

/** An instance's port that is attached without a container: its frames are what counts here. */
function attached(mac: string) {
  const nic = {
    portId: ids.get(mac)!,
    networkId,
    name: 'eth0',
    mac,
    fixedIps: [],
    mtu: 1450,
    portSecurity: true,
    adminStateDown: false,
  };
  const spec = { id: networkId, vni: VNI, mtu: 1450, adminStateDown: false, subnets: [] };
  return { nic, instance: { id: newId(), hostname: '', networks: [spec], nics: [nic] } as never };
}

onHost(
  'a network that comes back into the document loses what the kernel has kept of it, recorded or not',
  async () => {
    await change([theNetwork, peer(X, THERE, '10.9.0.5'), peer(Y, THERE, '10.9.0.6')]);
    await assertSends({ [X]: THERE, [Y]: THERE }, { '10.9.0.5': X, '10.9.0.6': Y });
    await change([], [theNetwork]);
    send(Z, ELSEWHERE, '10.9.0.7'); // a move's redirection, of a server that is deleted meanwhile
    run('bridge', 'fdb', 'replace', '02:00:00:00:00:01', 'dev', `lxv${VNI}`, 'self', 'static', 'dst', THERE); // its half
    run('bridge', 'fdb', 'replace', '02:00:00:00:00:02', 'dev', `lxv${VNI}`, 'master', 'static'); // the other
    await change([theNetwork, peer(Y, ELSEWHERE, '10.9.0.6')]);
    await assertSends({ [Y]: ELSEWHERE }, { '10.9.0.6': Y });
    const record = (await NetworkRecords.open(state)).get(networkId);
    assert.deepEqual(record.entries, [{ mac: Y, vtep: ELSEWHERE, addresses: ['10.9.0.6'] }], 'and the record knows');
  },
);

onHost('an agent that was killed before it wrote down what it did finds it in the kernel', async () => {
  await change([theNetwork, peer(X, THERE, '10.9.0.5')]);
  send(Y, THERE, '10.9.0.6');
  run('bridge', 'fdb', 'del', X, 'dev', `lxv${VNI}`, 'self');
  await startAgent();
  await reconciler.apply(document.all());
  await assertSends({ [X]: THERE }, { '10.9.0.5': X });
});

onHost('what a call says of a network that the document has does not count: it was put together earlier', async () => {
  await change([theNetwork, peer(X, THERE, '10.9.0.5')]);
  assert.equal(await network.setForwarding(networkId, [{ mac: Y, vtep: THERE, addresses: [] }], [X], false), true);
  await assertSends({ [X]: THERE }, { '10.9.0.5': X });
});

onHost('while no control plane tells of changes a call counts: an older one may be at work', async () => {
  await change([theNetwork, peer(X, THERE, '10.9.0.5')]);
  document.followed = false;
  assert.equal(await network.setForwarding(networkId, [{ mac: Y, vtep: THERE, addresses: [] }], [], false), true);
  await assertSends({ [X]: THERE, [Y]: THERE }, { '10.9.0.5': X });
});

onHost(
  'the frames of an instance that is being moved go on by way of the move, whatever is applied meanwhile',
  async () => {
    await change([theNetwork, peer(X, HERE), peer(Y, THERE)]);
    moving.add(X);
    send(X, ELSEWHERE); // the cut of its move
    await change([peer(X, HERE), peer(Y, ELSEWHERE)]);
    await reconciler.apply(document.all());
    await assertSends({ [X]: ELSEWHERE, [Y]: ELSEWHERE }, {});
    await change([peer(X, ELSEWHERE)]); // committed
    moving.delete(X);
    await change([], [peer(X, ELSEWHERE)]); // and deleted there
    await assertSends({ [Y]: ELSEWHERE }, {});
  },
);

onHost(
  'a port that comes by a move is reached at its source until it has come; one that is attached is here',
  async () => {
    await change([theNetwork, peer(X, THERE), peer(Y, THERE)]);
    const [arriving, started] = [attached(X), attached(Y)];
    network.arriving([arriving.nic]);
    await network.attach(arriving.instance);
    await network.attach(started.instance);
    await assertSends({ [X]: THERE }, {});
    await change([peer(X, HERE)]);
    await assertSends({ [X]: THERE }, {});
    await network.claimMac(arriving.nic);
    await assertSends({}, {});
  },
);

onHost('where a port leaves or settles the document counts for it, and the rest is not touched', async () => {
  await change([theNetwork, peer(X, THERE, '10.9.0.5'), peer(Y, THERE)]);
  const { nic, instance } = attached(X);
  await network.attach(instance); // the document does not have it here
  await assertSends({ [Y]: THERE }, {});
  send(Z, ELSEWHERE); // would go if all of the network was applied
  await network.detach([nic]);
  await reconciler.inTurn(() => Promise.resolve()); // what `detach` asked for is done
  await assertSends({ [X]: THERE, [Y]: THERE, [Z]: ELSEWHERE }, { '10.9.0.5': X });
});
