import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Nic } from '#generated/lxstack/agent/v1/types';
import { beyondMade, linkLines, routeLines, ruleLines } from './ip-batch-lines.js';

const nics = [
  Nic.fromPartial({
    mtu: 1450,
    fixedIps: [
      { address: '10.30.0.5', prefixLength: 24, gateway: '10.30.0.1' },
      { address: 'fd32::5', prefixLength: 64, gateway: 'fd32::1' },
    ],
  }),
  Nic.fromPartial({ fixedIps: [{ address: '10.31.0.5', prefixLength: 24, gateway: '10.31.0.1' }] }),
];

const forEver = { valid_life_time: 2 ** 32 - 1, preferred_life_time: 2 ** 32 - 1 };
const own4 = { local: '10.30.0.5', prefixlen: 24, broadcast: '10.30.0.255', scope: 'global', ...forEver };
const own6 = { local: 'fd32::5', prefixlen: 64, scope: 'global', ...forEver };
const local6 = { local: 'fe80::1', prefixlen: 64, scope: 'link', protocol: 'kernel_ll', ...forEver };
const eth0 = { ifname: 'eth0', mtu: 1450, flags: ['UP'], addr_info: [own4, own6, local6] };

const kernels = `10.30.0.0/24 dev eth0 proto kernel scope link src 10.30.0.5
local 10.30.0.5 dev eth0 table local proto kernel scope host src 10.30.0.5
`;
const default6 = 'default via fd32::1 dev eth0 metric 1024 pref medium\nfe80::/64 dev eth0 proto kernel metric 256\n';

test('addresses and routes that the NICs bring need no line', () => {
  assert.deepEqual(linkLines([eth0], nics), []);
  assert.deepEqual(beyondMade(routeLines(`default via 10.30.0.1 dev eth0\n${kernels}`, nics, 4), nics, 4), []);
  assert.deepEqual(beyondMade(routeLines(default6, nics, 6), nics, 6), []);
  assert.deepEqual(ruleLines('0:\tfrom all lookup local\n32766:\tfrom all lookup main\n'), []);
});

test("the guest keeps its default route where the subnet's gateway has changed meanwhile", () => {
  const changed = [
    Nic.fromPartial({
      fixedIps: [
        { address: '10.30.0.5', prefixLength: 24, gateway: '10.30.0.254' },
        { address: 'fd32::5', prefixLength: 64, gateway: 'fd32::fe' },
      ],
    }),
  ];
  const lines = routeLines(`default via 10.30.0.1 dev eth0\n${kernels}`, nics, 4);
  assert.deepEqual(beyondMade(lines, changed, 4), ['route replace default via 10.30.0.1 dev eth0']);
  const lines6 = routeLines(default6, nics, 6);
  assert.deepEqual(beyondMade(lines6, changed, 6), ['route replace ::/0 via fd32::1 dev eth0 metric 1024 pref medium']);
  const none = [Nic.fromPartial({ fixedIps: [{ address: '10.30.0.5', prefixLength: 24 }] })];
  assert.deepEqual(beyondMade(lines, none, 4), ['route replace default via 10.30.0.1 dev eth0']);
  assert.deepEqual(beyondMade(routeLines(kernels, none, 4), none, 4), []);
  assert.deepEqual(beyondMade(routeLines(kernels, none, 4), changed, 4), [
    'route replace blackhole default',
    'route del blackhole default',
  ]);
});

test('addresses that were added or removed, MTUs and devices that are down go along', () => {
  const alias = { local: '10.30.0.9', prefixlen: 24, scope: 'global', label: 'eth0:1', ...forEver };
  const link = { ...eth0, mtu: 1400, flags: [], addr_info: [alias, own6] };
  assert.deepEqual(linkLines([link], nics), [
    'link set dev eth0 mtu 1400',
    'addr del 10.30.0.5/24 dev eth0',
    'addr replace 10.30.0.9/24 dev eth0 scope global label eth0:1',
    'link set dev eth0 down',
  ]);
});

test('routes of every table and policy rules go along, and a default route that was removed stays removed', () => {
  assert.deepEqual(
    routeLines('default via 10.31.0.1 dev eth1 table 100 \n10.9.0.0/16 via 10.30.0.7 dev eth0 linkdown\n', nics, 4),
    [
      'route replace blackhole default',
      'route del blackhole default',
      'route replace default via 10.31.0.1 dev eth1 table 100',
      'route replace 10.9.0.0/16 via 10.30.0.7 dev eth0',
    ],
  );
  assert.deepEqual(ruleLines('0:\tfrom all lookup local\n100:\tfrom 10.31.0.5 lookup 100\n'), [
    'rule add pref 100 from 10.31.0.5 lookup 100',
  ]);
});

test("a name with other characters than a word's becomes no line", () => {
  assert.deepEqual(routeLines('10.9.0.0/16 via 10.30.0.7 dev a;b\n', [], 4), []);
});

test('a route to a device keeps its scope, which ip shows only where it is not global', () => {
  const seen = '169.254.169.254 dev eth0 \n10.9.0.0/16 dev eth0 scope link \n10.8.0.0/16 via 10.30.0.7 dev eth0 \n';
  const all = routeLines(`default via 10.30.0.1 dev eth0\n${seen}unreachable 10.97.0.0/16\n`, nics, 4);
  assert.deepEqual(all.slice(1), [
    'route replace 169.254.169.254 dev eth0 scope global',
    'route replace 10.9.0.0/16 dev eth0 scope link',
    'route replace 10.8.0.0/16 via 10.30.0.7 dev eth0',
    'route replace unreachable 10.97.0.0/16',
  ]);
});
