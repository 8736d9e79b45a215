import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Nic } from '#generated/lxstack/agent/v1/types';
import { defaultRoutes } from './default-routes.js';

const nic = (...addresses: [string, string][]): Nic => ({
  portId: '',
  networkId: '',
  name: '',
  mac: '',
  mtu: 1450,
  portSecurity: true,
  adminStateDown: false,
  fixedIps: addresses.map(([address, gateway]) => ({ address, gateway, prefixLength: 24 })),
});

test('a guest has one default route per family, by the first NIC that has a gateway', () => {
  const nics = [
    nic(['10.1.0.5', '']),
    nic(['10.2.0.5', '10.2.0.1'], ['fd02::5', 'fd02::1']),
    nic(['10.3.0.5', '10.3.0.1']),
  ];
  assert.deepEqual(
    [...defaultRoutes(nics)].map((ip) => ip.gateway),
    ['10.2.0.1', 'fd02::1'],
  );
  assert.equal(defaultRoutes([nic(['10.1.0.5', ''])]).size, 0);
});
