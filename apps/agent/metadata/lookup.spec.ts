import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InstanceSpec } from '#generated/lxstack/agent/v1/types';
import { guestOf, plainAddress, sendsFrom } from './guest.js';
import { answerOf } from './lookup.js';

const spec = InstanceSpec.fromPartial({
  id: '0b5d2c72-12cc-4ba6-a8d7-3ff5cc1d8cb8',
  projectId: 'project',
  nics: [
    {
      portId: '11111111-2222-4333-8444-555555555555',
      networkId: 'n',
      mac: 'fa:16:3e:00:00:05',
      mtu: 1450,
      fixedIps: [{ address: '10.0.0.5', prefixLength: 24, gateway: '10.0.0.1' }],
    },
  ],
  networks: [
    {
      id: 'n',
      vni: 7,
      mtu: 1450,
      subnets: [{ id: 's', cidr: '10.0.0.0/24', gateway: '10.0.0.1', dhcp: true, dnsServers: ['9.9.9.9'] }],
    },
  ],
  guest: {
    changing: {
      name: 'Web 1',
      hostname: 'web-1',
      availabilityZone: 'nova',
      metadata: { role: 'web' },
      securityGroups: ['default', 'web'],
    },
    keyName: 'mine',
    keyType: 'ssh',
    publicKey: 'ssh-ed25519 AAAA me',
    userData: Buffer.from('#!/bin/sh\n').toString('base64'),
    imageId: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee',
    flavorName: 'm1.tiny',
    reservationId: 'r-1',
  },
});
const guest = guestOf(spec)!;
const ask = (path: string, of = guest) => answerOf(of, path, () => 'seed')?.body.toString();
const lines = (path: string) => ask(path)?.split('\n');

test('the first levels list their versions, the latest last', () => {
  assert.equal(lines('/')!.at(0), '1.0');
  assert.equal(lines('/openstack')!.at(0), '2012-08-10');
  assert.deepEqual(lines('/openstack/')!.slice(-2), ['2020-10-14', 'latest']);
  assert.deepEqual(lines('/latest'), ['meta-data/', 'user-data']);
});

test('each version of OpenStack has what Nova had at its date', () => {
  assert.deepEqual(lines('/openstack/2012-08-10'), ['meta_data.json', 'user_data']);
  assert.deepEqual(lines('/openstack/2015-10-15'), [
    'meta_data.json',
    'user_data',
    'vendor_data.json',
    'network_data.json',
  ]);
  assert.ok(lines('/openstack/latest')!.includes('vendor_data2.json'));
  const of = (version: string) => JSON.parse(ask(`/openstack/${version}/meta_data.json`)!) as Record<string, unknown>;
  assert.equal(of('2012-08-10').random_seed, undefined);
  assert.deepEqual(of('latest'), {
    uuid: spec.id,
    name: 'Web 1',
    hostname: 'web-1',
    launch_index: 0,
    availability_zone: 'nova',
    meta: { role: 'web' },
    public_keys: { mine: 'ssh-ed25519 AAAA me' },
    keys: [{ name: 'mine', type: 'ssh', data: 'ssh-ed25519 AAAA me' }],
    random_seed: 'seed',
    project_id: 'project',
    devices: [],
    dedicated_cpus: [],
  });
  for (const path of [
    '/openstack/2011-01-01',
    '/openstack/latest/x',
    '/openstack/latest/meta_data.json/x',
    '/openstack/content/0000',
  ])
    assert.equal(ask(path), undefined, path);
});

test('EC2: a tree of texts in which the key has a label', () => {
  assert.equal(ask('/latest/meta-data/public-keys/'), '0=mine');
  assert.equal(ask('/latest/meta-data/public-keys/0/'), 'openssh-key');
  assert.equal(ask('/2009-04-04/meta-data/public-keys/0/openssh-key'), 'ssh-ed25519 AAAA me');
  assert.equal(ask('/latest/meta-data/local-ipv4'), '10.0.0.5');
  assert.equal(ask('/latest/meta-data/instance-id'), 'i-0b5d2c7212cc4ba6a');
  assert.equal(ask('/latest/meta-data/placement/availability-zone'), 'nova');
  assert.deepEqual(lines('/latest/meta-data/security-groups'), ['default', 'web']);
  assert.equal(ask('/latest/user-data'), '#!/bin/sh\n');
  assert.equal(ask('/1.0/meta-data/local-hostname'), undefined);
  assert.equal(ask('/2007-01-19/meta-data/local-hostname'), 'web-1');
  assert.equal(ask('/latest/meta-data/constructor'), undefined);
});

test('without key and user data there is neither', () => {
  const bare = guestOf({ ...spec, guest: { ...spec.guest!, keyName: '', publicKey: '', userData: '' } })!;
  assert.equal(ask('/latest/user-data', bare), undefined);
  assert.equal(ask('/openstack/latest/user_data', bare), undefined);
  assert.equal(ask('/latest/meta-data/public-keys', bare), undefined);
  assert.equal(ask('/latest', bare), 'meta-data/');
});

test('network data: DHCP where it is served, else the address itself', () => {
  const data = () => JSON.parse(ask('/openstack/latest/network_data.json')!) as Record<string, object[]>;
  assert.deepEqual(data().links, [
    {
      id: 'tap11111111-22',
      vif_id: spec.nics[0]!.portId,
      type: 'bridge',
      mtu: 1450,
      ethernet_mac_address: 'fa:16:3e:00:00:05',
    },
  ]);
  assert.deepEqual(data().networks, [{ id: 'network0', link: 'tap11111111-22', network_id: 'n', type: 'ipv4_dhcp' }]);
  assert.deepEqual(data().services, [{ type: 'dns', address: '9.9.9.9' }]);
  const [network] = spec.networks;
  const fixed = { ...spec, networks: [{ ...network!, subnets: [{ ...network!.subnets[0]!, dhcp: false }] }] };
  const shown = JSON.parse(ask('/openstack/latest/network_data.json', guestOf(fixed)!)!) as { networks: object[] };
  assert.deepEqual(shown.networks[0], {
    id: 'network0',
    link: 'tap11111111-22',
    network_id: 'n',
    type: 'ipv4',
    ip_address: '10.0.0.5',
    netmask: '255.255.255.0',
    routes: [{ network: '0.0.0.0', netmask: '0.0.0.0', gateway: '10.0.0.1' }],
    services: [{ type: 'dns', address: '9.9.9.9' }],
  });
});

test('who asks is known by its fixed addresses and the link-local one of its MAC, in whatever form a socket has them', () => {
  const [nic] = spec.nics;
  assert.ok(sendsFrom(nic!, plainAddress('::ffff:10.0.0.5')));
  assert.ok(sendsFrom(nic!, plainAddress('fe80::f816:3eff:fe00:5%dhcp')));
  for (const other of ['10.0.0.6', 'fe80::1', '']) assert.ok(!sendsFrom(nic!, other));
});
