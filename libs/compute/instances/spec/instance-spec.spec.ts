import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidInputError } from '#libs/common/errors';
import type { Instance } from '../instance.entity.js';
import { renderInstanceSpec } from './instance-spec.js';

const instance = {
  id: 'i',
  name: 'Web',
  hostname: 'web',
  projectId: 'p',
  flavor: {
    id: 'f',
    name: 'f',
    vcpus: 2,
    ramMb: 64,
    diskGb: 1,
    extraSpecs: { 'lxd:security.nesting': 'true', other: 'x' },
  },
  vcpus: 2,
  memoryMb: 64,
  diskGb: 1,
  metadata: {},
  config: { 'security.nesting': 'false', 'limits.processes': '100' },
  devices: { data: { type: 'disk', source: '/srv', path: '/data' } },
} as unknown as Instance;
const image = { id: 'img', sha256: 'a'.repeat(64), size: 5, properties: {} };

test('limits come from the flavor; the instance overrides what its flavor configures', () => {
  const spec = renderInstanceSpec({ instance, image, nics: [], networks: [] });
  assert.deepEqual(spec.limits, { vcpus: 2, memoryBytes: 64 * 2 ** 20, diskBytes: 2 ** 30, pids: 100 });
  assert.equal(spec.config['security.nesting'], 'false');
  assert.ok(!('other' in spec.config));
  assert.deepEqual(spec.devices, [{ name: 'data', type: 'disk', options: { source: '/srv', path: '/data' } }]);
});

test('image, flavor, server: the later counts; image and metadata set only what is left to users', () => {
  const spec = (properties: Record<string, string>, extraSpecs = {}, metadata = {}) =>
    renderInstanceSpec({
      instance: { ...instance, metadata, flavor: { ...instance.flavor!, extraSpecs } },
      image: { ...image, properties },
      nics: [],
      networks: [],
    }).config;
  const [on, off] = [{ 'lxd:migration.stateful': 'true' }, { 'lxd:migration.stateful': 'false' }];
  assert.equal(spec(on)['migration.stateful'], 'true');
  assert.equal(spec(on, off)['migration.stateful'], 'false');
  assert.equal(spec(on, off, on)['migration.stateful'], 'true');
  const greedy = { 'lxd:security.privileged': 'true', 'lxd:raw.lxc': 'x' };
  const { 'security.privileged': privileged, 'raw.lxc': raw } = spec(greedy, {}, greedy);
  assert.deepEqual([privileged, raw], [undefined, undefined]);
});

test('an image without a checksum is refused', () => {
  const parts = { instance, image: { ...image, sha256: null }, nics: [], networks: [] };
  assert.throws(() => renderInstanceSpec(parts), InvalidInputError);
});
